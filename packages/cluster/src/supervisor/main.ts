import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, systemClock } from '@tandem/component-base'
import { binaryCommand } from '../binaries.ts'
import { componentsOf } from '../components.ts'
import { joinCgroup } from '../host/cgroups.ts'
import { followHostAddress } from '../host/follow-address.ts'
import type { ClusterPlan } from '../plan.ts'
import { identify } from './process-identity.ts'
import { startSupervisor, writePid } from './supervisor.ts'

/** `tandem-supervisor <plan.json>`: keeps the components of one cluster running until SIGTERM. Started by `tandem up`. */
const [planPath] = process.argv.slice(2)
if (!planPath) {
  process.stderr.write('usage: tandem-supervisor <plan.json>\n')
  process.exit(2)
}

const plan = JSON.parse(readFileSync(planPath, 'utf8')) as ClusterPlan
const logger = createLogger({ component: 'tandem-supervisor' })
const runDirectory = join(plan.directory, 'run')
const supervisor = await startSupervisor({
  components: componentsOf(plan),
  runDirectory,
  logDirectory: join(plan.directory, 'log'),
  command: binaryCommand,
  logger,
  clock: systemClock,
  placed: (pid) => joinCgroup(plan.cgroup, pid),
})
const self = identify(process.pid)
if (self) writePid(runDirectory, 'supervisor', self)

const stopFollowing = followHostAddress((addresses) => {
  // Loaded when needed, which is seldom: it takes more memory than the supervisor itself.
  import('../pki.ts')
    .then(({ ensurePki }) => ensurePki(plan, addresses))
    .catch((error: Error) => logger.error({ reason: error.message }, 'certificates not renewed'))
})

const stop = async () => {
  stopFollowing()
  await supervisor.stop()
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())

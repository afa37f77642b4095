import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '@tandem/component-base'
import { binaryCommand } from './binaries.ts'
import { type ComponentSpec, componentsOf } from './components.ts'
import { readFileIfThere, writeFileAtomically } from './files.ts'
import { healthy } from './health.ts'
import { joinCgroup } from './host/cgroups.ts'
import { engineSocket, ensureEngine } from './host/engine.ts'
import { engineDirectory, recordEngine } from './host/record.ts'
import { writeMergedKubeconfig } from './kubeconfigs.ts'
import { withLock } from './lock.ts'
import type { ClusterPlan } from './plan.ts'
import {
  makePlans,
  type PlanRequest,
  planPath,
  plansBeside,
  prepareCluster,
  prepareHost,
  readPlans,
  UpError,
} from './prepare.ts'
import { removeSimulatedNodes } from './simulated-nodes.ts'
import { identify } from './supervisor/process-identity.ts'
import { endProcess, readPid, writePid } from './supervisor/supervisor.ts'

export interface UpOptions extends PlanRequest {
  /** Told what is being done, before it is done. */
  progress(message: string): void
  clock?: Clock
}

export interface UpResult {
  plans: ClusterPlan[]
  kubeconfig: string
  /** What could not be done and does not keep the clusters from running. */
  warnings: string[]
}

/** Waits for clusters that something else starts, systemd or Compose, after `tandem init`. */
export async function attach({
  root,
  progress,
  clock = systemClock,
}: Omit<UpOptions, keyof PlanRequest> & { root: string }): Promise<UpResult> {
  const plans = readPlans(root)
  if (plans.length === 0) throw new UpError(`there is no cluster below ${root}; tandem init makes one`)
  await Promise.all(plans.map((plan) => componentsHealthy(plan, clock, progress)))
  return { plans, kubeconfig: writeMergedKubeconfig(root, plans), warnings: [] }
}

/** From nothing, or from whatever state an earlier run left, to clusters whose components all answer. Safe to repeat. */
export async function up(options: UpOptions): Promise<UpResult> {
  const plans = await makePlans(options)
  mkdirSync(options.root, { recursive: true })
  return withLock(options.root, () => bringUp(plans, options))
}

async function bringUp(
  plans: ClusterPlan[],
  { root, clusters, progress, clock = systemClock }: UpOptions,
): Promise<UpResult> {
  // Before an engine starts, which may change the same settings.
  await prepareHost(root)
  progress('looking for a Docker engine')
  const engine = await ensureEngine({ directory: engineDirectory(root), socketPath: engineSocket(), clock })
  recordEngine(root, engine)
  progress('starting the clusters')
  const warnings = (await Promise.all(plans.map(prepareCluster))).flat()
  const everyPlan = readPlans(root)
  const unaware = plansBeside(everyPlan, clusters).filter(({ isolateFrom }) => isolateFrom.length === 0)
  for (const { name } of unaware)
    warnings.push(`${name} was brought up as the only cluster of this host; tandem up makes it one of two`)
  await Promise.all(plans.map((plan) => ensureSupervisor(plan, clock)))
  const kubeconfig = writeMergedKubeconfig(root, everyPlan)
  await Promise.all(plans.map((plan) => componentsHealthy(plan, clock, progress)))
  await Promise.all(plans.filter(({ simulatedNodes }) => simulatedNodes === 0).map(removeSimulatedNodes))
  return { plans, kubeconfig, warnings }
}

/** Starts the supervisor, or a new one where the running one was started from another plan or another build. */
async function ensureSupervisor(plan: ClusterPlan, clock: Clock): Promise<void> {
  const runDirectory = join(plan.directory, 'run')
  const { program, args } = binaryCommand('tandem-supervisor')
  const fingerprint = fingerprintOf(plan, args)
  const running = readPid(runDirectory, 'supervisor')
  if (running && readFileIfThere(join(runDirectory, 'fingerprint')) === fingerprint) return
  if (running) await endProcess(running, clock)
  mkdirSync(join(plan.directory, 'log'), { recursive: true, mode: 0o700 })
  const log = openSync(join(plan.directory, 'log', 'supervisor.log'), 'a', 0o600)
  const child = spawn(program, [...args, planPath(plan.directory)], { detached: true, stdio: ['ignore', log, log] })
  child.unref()
  const identity = child.pid && identify(child.pid)
  if (!identity) throw new Error(`${plan.name}: the supervisor could not be started`)
  await joinCgroup(plan.cgroup, identity.pid).catch(() => undefined)
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 })
  writePid(runDirectory, 'supervisor', identity)
  writeFileAtomically(join(runDirectory, 'fingerprint'), fingerprint)
}

function fingerprintOf(plan: ClusterPlan, files: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(componentsOf(plan)))
  for (const component of componentsOf(plan)) {
    for (const file of [...files, ...binaryCommand(component.binary).args])
      if (existsSync(file)) hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}

const patience = 60_000

async function componentsHealthy(plan: ClusterPlan, clock: Clock, progress: (message: string) => void): Promise<void> {
  const deadline = clock.monotonic() + patience
  for (const component of componentsOf(plan)) {
    progress(`${plan.name}: waiting for ${component.name}`)
    await componentHealthy(plan, component, deadline, clock)
  }
}

async function componentHealthy(
  plan: ClusterPlan,
  component: ComponentSpec,
  deadline: number,
  clock: Clock,
): Promise<void> {
  while (!(await healthy(component.healthUrl))) {
    if (clock.monotonic() > deadline) {
      throw new UpError(
        `${plan.name}: ${component.binary} does not answer at ${component.healthUrl}; its log is ${join(plan.directory, 'log', `${component.name}.log`)}`,
      )
    }
    await clock.sleep(50)
  }
}

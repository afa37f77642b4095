import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '@tandem/component-base'
import { restoreSysctls } from '@tandem/netfilter'
import { componentsOf } from './components.ts'
import { engineAnswers, engineSocket, ensureEngine, stopEngine } from './host/engine.ts'
import { unmountBelow } from './host/mounts.ts'
import { engineDirectory, readEngineRecord, recordEngine, sysctlRecord } from './host/record.ts'
import { withLock } from './lock.ts'
import type { ClusterPlan } from './plan.ts'
import { readPlans } from './prepare.ts'
import { purgeCluster, removeOwnImages } from './purge.ts'
import { endProcess, readPid } from './supervisor/supervisor.ts'

export interface DownOptions {
  root: string
  clusters?: readonly string[]
  /** Remove containers, networks, rules, files: everything `up` and the clusters made. */
  purge: boolean
  progress(message: string): void
  clock?: Clock
}

/**
 * Stops the components of the clusters; their containers run on and Services go on working, until the next `up` or a purge. A purge
 * stops an engine that `up` started, once nothing of any cluster is left below the root.
 */
export const down = (options: DownOptions): Promise<void> => withLock(options.root, () => takeDown(options))

async function takeDown({ root, clusters, purge, progress, clock = systemClock }: DownOptions): Promise<void> {
  const plans = readPlans(root).filter((plan) => !clusters || clusters.includes(plan.name))
  for (const plan of plans) {
    progress(`${plan.name}: stopping`)
    await stopCluster(plan, clock)
  }
  if (!purge) return
  const socketPath = await engineToPurge(root, clock)
  for (const plan of plans) {
    progress(`${plan.name}: removing`)
    await purgeCluster(plan, { socketPath })
  }
  if (readPlans(root).length > 0) return
  if (socketPath) await removeOwnImages(socketPath)
  const engine = readEngineRecord(root)
  if (engine) await stopEngine(engine, clock)
  await restoreSysctls({ record: sysctlRecord(root) })
  await unmountBelow(root)
  removeRoot(root)
}

/** In a container the root itself is a mount, which cannot be removed from within; it is left empty. */
function removeRoot(root: string): void {
  if (!existsSync(root)) return
  for (const entry of readdirSync(root)) rmSync(join(root, entry), { recursive: true, force: true })
  try {
    rmdirSync(root)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
  }
}

/** The socket of the engine that has the containers: one that `up` started and that died is started again, for only it can remove them. */
async function engineToPurge(root: string, clock: Clock): Promise<string | undefined> {
  const socketPath = engineSocket()
  const started = readEngineRecord(root)
  if (started && started.by !== 'found')
    recordEngine(root, await ensureEngine({ directory: engineDirectory(root), socketPath, clock }))
  return (await engineAnswers(socketPath)) ? socketPath : undefined
}

async function stopCluster(plan: ClusterPlan, clock: Clock): Promise<void> {
  const runDirectory = join(plan.directory, 'run')
  const supervisor = readPid(runDirectory, 'supervisor')
  if (supervisor) await endProcess(supervisor, clock, 60_000)
  // What a killed supervisor left running.
  for (const { name } of componentsOf(plan)) {
    const leftover = readPid(runDirectory, name)
    if (leftover) await endProcess(leftover, clock)
  }
}

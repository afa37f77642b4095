import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '@tandem/component-base'
import { restoreSysctls } from '@tandem/netfilter'
import { componentsOf } from './components.ts'
import { engineAnswers, engineSocket, stopEngine } from './host/engine.ts'
import { readEngineRecord, sysctlRecord } from './host/record.ts'
import type { ClusterPlan } from './plan.ts'
import { readPlans } from './prepare.ts'
import { purgeCluster } from './purge.ts'
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
export async function down({ root, clusters, purge, progress, clock = systemClock }: DownOptions): Promise<void> {
  const plans = readPlans(root).filter((plan) => !clusters || clusters.includes(plan.name))
  for (const plan of plans) {
    progress(`${plan.name}: stopping`)
    await stopCluster(plan, clock)
  }
  if (!purge) return
  const withEngine = await engineAnswers(engineSocket())
  for (const plan of plans) {
    progress(`${plan.name}: removing`)
    await purgeCluster(plan, { socketPath: withEngine ? engineSocket() : undefined })
  }
  if (readPlans(root).length > 0) return
  await restoreSysctls({ record: sysctlRecord(root) })
  const engine = readEngineRecord(root)
  if (engine) await stopEngine(engine, clock)
  if (existsSync(root)) rmSync(root, { recursive: true, force: true })
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

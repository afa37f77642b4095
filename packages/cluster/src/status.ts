import { join } from 'node:path'
import { type ComponentName, componentsOf } from './components.ts'
import { healthy } from './health.ts'
import type { ClusterPlan } from './plan.ts'
import { readPid } from './supervisor/supervisor.ts'

export interface ComponentStatus {
  cluster: string
  component: ComponentName | 'supervisor'
  state: 'healthy' | 'unhealthy' | 'stopped'
  pid: number | undefined
  address: string
  log: string
}

/** How each process of a cluster is doing, asked now. */
export async function readStatus(plan: ClusterPlan): Promise<ComponentStatus[]> {
  const runDirectory = join(plan.directory, 'run')
  const logOf = (name: string) => join(plan.directory, 'log', `${name}.log`)
  const supervisor = readPid(runDirectory, 'supervisor')?.pid
  const components = componentsOf(plan).map(async ({ name, healthUrl }): Promise<ComponentStatus> => {
    const pid = readPid(runDirectory, name)?.pid
    const state = pid === undefined ? 'stopped' : (await healthy(healthUrl)) ? 'healthy' : 'unhealthy'
    return { cluster: plan.name, component: name, state, pid, address: new URL(healthUrl).host, log: logOf(name) }
  })
  return [
    {
      cluster: plan.name,
      component: 'supervisor',
      state: supervisor === undefined ? 'stopped' : 'healthy',
      pid: supervisor,
      address: '',
      log: logOf('supervisor'),
    },
    ...(await Promise.all(components)),
  ]
}

import { existsSync } from 'node:fs'
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
  // systemd and Compose start components without a supervisor, and keep their logs.
  const supervised = existsSync(runDirectory)
  const logOf = (name: string) => (supervised ? join(plan.directory, 'log', `${name}.log`) : '-')
  const components = componentsOf(plan).map(async ({ name, healthUrl }): Promise<ComponentStatus> => {
    const pid = readPid(runDirectory, name)?.pid
    const running = pid !== undefined || !supervised
    const state = !running ? 'stopped' : (await healthy(healthUrl)) ? 'healthy' : 'unhealthy'
    return { cluster: plan.name, component: name, state, pid, address: new URL(healthUrl).host, log: logOf(name) }
  })
  return [...(supervised ? [supervisorStatus(plan, runDirectory)] : []), ...(await Promise.all(components))]
}

function supervisorStatus({ name, directory }: ClusterPlan, runDirectory: string): ComponentStatus {
  const pid = readPid(runDirectory, 'supervisor')?.pid
  return {
    cluster: name,
    component: 'supervisor',
    state: pid === undefined ? 'stopped' : 'healthy',
    pid,
    address: '',
    log: join(directory, 'log', 'supervisor.log'),
  }
}

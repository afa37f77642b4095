import type Docker from 'dockerode'
import type { ContainerState, SandboxState } from '../runtime.ts'
import { readLabels } from './labels.ts'

/** A time of the engine in milliseconds; its zero time is year one. */
const timeOf = (text: string | undefined): number => {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) || time < 0 ? 0 : time
}

export function containerState(inspected: Docker.ContainerInspectInfo): ContainerState {
  const labels = readLabels(inspected.Config.Labels)
  const { State: state } = inspected
  const createdAt = timeOf(inspected.Created)
  // A start that failed leaves the container `created` with an error: it is over, and its state says why.
  const refused = state.Status === 'created' && state.Error !== ''
  const exited = refused || state.Status === 'exited' || state.Status === 'dead'
  return {
    id: inspected.Id,
    name: labels.name,
    attempt: labels.attempt,
    hash: labels.hash,
    state: exited ? 'exited' : state.Running ? 'running' : state.Status === 'created' ? 'created' : 'unknown',
    createdAt,
    startedAt: refused ? createdAt : startOf(state, exited),
    finishedAt: refused ? createdAt : timeOf(state.FinishedAt),
    exitCode: state.ExitCode,
    ...(exited ? { reason: exitReason(inspected, refused) } : {}),
    ...(exited && state.Error ? { message: state.Error } : {}),
    image: labels.image,
    imageId: inspected.Image,
    sandboxId: /^container:(.+)$/.exec(inspected.HostConfig.NetworkMode ?? '')?.[1] ?? '',
    resources: grantedResources(inspected.HostConfig),
    terminationMessagePath: labels.terminationMessagePath,
    terminationMessagePolicy: labels.terminationMessagePolicy,
    terminationMessageFile: labels.terminationMessageFile,
  }
}

/** The engine notes the start of what ends at once after its end. */
function startOf({ StartedAt, FinishedAt }: Docker.ContainerInspectInfo['State'], exited: boolean): number {
  const startedAt = timeOf(StartedAt)
  return exited ? Math.min(startedAt, timeOf(FinishedAt)) : startedAt
}

/** Zero stands for none. */
const grantedResources = ({
  CpuShares,
  CpuQuota,
  CpuPeriod,
  Memory,
}: Docker.HostConfig): ContainerState['resources'] => ({
  cpuShares: CpuShares ?? 0,
  ...(CpuQuota ? { cpuQuota: CpuQuota, cpuPeriod: CpuPeriod || 100_000 } : {}),
  ...(Memory ? { memoryLimit: Memory } : {}),
})

function exitReason({ State: state }: Docker.ContainerInspectInfo, refused: boolean): string {
  if (state.OOMKilled) return 'OOMKilled'
  if (refused) return 'ContainerCannotRun'
  return state.ExitCode === 0 ? 'Completed' : 'Error'
}

export function sandboxState(inspected: Docker.ContainerInspectInfo, ips: string[]): SandboxState {
  const labels = readLabels(inspected.Config.Labels)
  return {
    id: inspected.Id,
    pod: labels.pod,
    attempt: labels.attempt,
    ready: inspected.State.Running && (labels.hostNetwork || ips.length > 0),
    createdAt: timeOf(inspected.Created),
    hostNetwork: labels.hostNetwork,
    ips,
  }
}

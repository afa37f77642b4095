import { isPodConditionTrue, isPodTerminal } from '../pod-conditions.ts'
import type { ContainerStateTerminated, ContainerStatus, Pod } from '../types.ts'

/** A pod in one line, as `kubectl get pods` tells it. */
export interface PodSummary {
  /** The word under STATUS. */
  reason: string
  ready: number
  total: number
  restarts: number
  /** When a container last ended to be started again. */
  lastRestart?: string
}

class Restarts {
  count = 0
  last: string | undefined

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount ?? 0
    const finishedAt = lastState?.terminated?.finishedAt
    if (finishedAt && (!this.last || Date.parse(finishedAt) > Date.parse(this.last))) this.last = finishedAt
  }
}

const ending = ({ reason, signal, exitCode }: ContainerStateTerminated): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)

const phaseOf = ({ status }: Pod): string => {
  if (status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated'))
    return 'SchedulingGated'
  return status?.reason || status?.phase || ''
}

export function summarize(pod: Pod): PodSummary {
  const sidecars = new Set(
    (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const total = (pod.spec.containers ?? []).length + sidecars.size
  const init = summarizeInit(pod, sidecars)
  if (init.reason !== undefined && !isPodConditionTrue(pod, 'Initialized'))
    return finish(pod, { reason: init.reason, ready: init.ready, total, restarts: init.all })
  const running = summarizeContainers(pod, init.reason ?? phaseOf(pod), init.sidecars)
  return finish(pod, { ...running, ready: init.ready + running.ready, total, restarts: init.sidecars })
}

function finish(pod: Pod, { restarts, ...summary }: Omit<PodSummary, 'restarts'> & { restarts: Restarts }): PodSummary {
  const result: PodSummary = { ...summary, restarts: restarts.count }
  if (restarts.last) result.lastRestart = restarts.last
  if (pod.metadata.deletionTimestamp) {
    if (pod.status?.reason === 'NodeLost') result.reason = 'Unknown'
    else if (!isPodTerminal(pod)) result.reason = 'Terminating'
  }
  return result
}

/** The first init container that has neither done its work nor started as a sidecar gives the reason. */
function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>) {
  const all = new Restarts()
  const ofSidecars = new Restarts()
  let ready = 0
  let reason: string | undefined
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    all.add(status)
    if (sidecars.has(status.name)) ofSidecars.add(status)
    const { terminated, waiting } = status.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) ready++
      continue
    }
    if (terminated) reason = `Init:${ending(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`
    else reason = `Init:${i}/${(pod.spec.initContainers ?? []).length}`
    break
  }
  return { all, sidecars: ofSidecars, ready, reason }
}

/** The first container that is not running gives the reason; a pod with one running is not Completed. */
function summarizeContainers(pod: Pod, phase: string, restarts: Restarts): { reason: string; ready: number } {
  let reason = phase
  let failure = ''
  let ready = 0
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    restarts.add(status)
    const { waiting, terminated, running } = status.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated) {
      reason = ending(terminated)
      if (terminated.exitCode !== 0) failure = reason
    } else if (status.ready && running) ready++
  }
  if (reason === 'Completed') {
    if (ready > 0 && isPodConditionTrue(pod, 'Ready')) reason = 'Running'
    else if (failure) reason = failure
    else if (ready > 0) reason = 'NotReady'
  }
  return { reason, ready }
}

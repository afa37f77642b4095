import type { Container, ContainerStatus, Pod } from '@tandem/api/core/v1/types'
import { isSidecar, restartsAfter } from './restart-policy.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

interface PhaseInput {
  pod: Pod
  /** Of init containers and containers together. */
  statuses: readonly ContainerStatus[]
  /** The pod is not to run any more, whatever its restart policy says. */
  terminal: boolean
  /** A container of the pod has been started in its present life. */
  initialized: boolean
}

/** How a container counts: it has not begun, runs, has ended with a code, or nothing is known of it. */
type Standing = { is: 'waiting' | 'running' | 'unknown' } | { is: 'ended'; exitCode: number }

function standingOf(status: ContainerStatus | undefined): Standing {
  if (status?.state?.running) return { is: 'running' }
  if (status?.state?.terminated) return { is: 'ended', exitCode: status.state.terminated.exitCode }
  if (status?.state?.waiting) {
    const last = status.lastState?.terminated
    return last ? { is: 'ended', exitCode: last.exitCode } : { is: 'waiting' }
  }
  return { is: 'unknown' }
}

export function podPhase({ pod, statuses, terminal, initialized }: PhaseInput): PodPhase {
  const standing = (container: Container): Standing => standingOf(statuses.find(({ name }) => name === container.name))
  const init = pod.spec.initContainers ?? []

  let pendingInit = 0
  for (const container of init.filter((container) => !isSidecar(container))) {
    const now = standing(container)
    if (now.is !== 'ended') pendingInit++
    else if (now.exitCode !== 0 && !restartsAfter(container, pod, now.exitCode)) return 'Failed'
  }

  let waiting = 0
  let running = 0
  let unknown = 0
  let pendingSidecars = 0
  for (const container of init.filter(isSidecar)) {
    const now = standing(container)
    if (now.is === 'running') {
      running++
      if (!statuses.find(({ name }) => name === container.name)?.started) pendingSidecars++
    } else if (now.is === 'waiting') {
      waiting++
      pendingSidecars++
    } else if (now.is === 'unknown') unknown++
  }

  let stopped = 0
  let succeeded = 0
  let final = 0
  for (const container of pod.spec.containers) {
    const now = standing(container)
    if (now.is === 'ended') {
      stopped++
      if (now.exitCode === 0) succeeded++
      if (!restartsAfter(container, pod, now.exitCode)) final++
    } else if (now.is === 'running') running++
    else if (now.is === 'waiting') waiting++
    else unknown++
  }

  if (pendingInit > 0 || (pendingSidecars > 0 && !initialized) || waiting > 0) return 'Pending'
  if (running > 0 && unknown === 0) return 'Running'
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (!terminal && stopped !== final) return 'Running'
    return stopped === succeeded ? 'Succeeded' : 'Failed'
  }
  return 'Pending'
}

import { createHash } from 'node:crypto'
import type { Container, EphemeralContainer, Pod } from '@tandem/api/core/v1/types'
import type { ContainerState, PodState, SandboxState } from '../container-runtime/runtime.ts'

export type ContainerKind = 'init' | 'container' | 'ephemeral'

export interface PodContainer {
  kind: ContainerKind
  container: Container | EphemeralContainer
}

export function findContainer(pod: Pod, name: string): PodContainer | undefined {
  for (const { kind, container } of allContainers(pod)) if (container.name === name) return { kind, container }
  return undefined
}

export function* allContainers(pod: Pod): Generator<PodContainer> {
  for (const container of pod.spec.initContainers ?? []) yield { kind: 'init', container }
  for (const container of pod.spec.containers) yield { kind: 'container', container }
  for (const container of pod.spec.ephemeralContainers ?? []) yield { kind: 'ephemeral', container }
}

/** The field path of a container, for events. */
export function fieldPathOf(pod: Pod, name: string): string | undefined {
  const kind = findContainer(pod, name)?.kind
  if (!kind) return undefined
  return `spec.${kind === 'init' ? 'initContainers' : kind === 'ephemeral' ? 'ephemeralContainers' : 'containers'}{${name}}`
}

/** Changes with what makes a running container outdated: its name and image. */
export const containerHash = ({ name, image }: { name: string; image?: string }): string =>
  createHash('sha256').update(JSON.stringify({ name, image })).digest('hex').slice(0, 8)

/** The newest state of each container by name. */
export function latestStates(state: PodState): ReadonlyMap<string, ContainerState> {
  const latest = new Map<string, ContainerState>()
  for (const container of state.containers) if (!latest.has(container.name)) latest.set(container.name, container)
  return latest
}

/** The sandbox the pod lives in, unless it is dead or of another kind of network than the pod wants. */
export const readySandbox = (pod: Pod, state: PodState): SandboxState | undefined => {
  const newest = state.sandboxes[0]
  return newest?.ready && newest.hostNetwork === (pod.spec.hostNetwork ?? false) ? newest : undefined
}

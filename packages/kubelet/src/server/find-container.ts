import type { Pod } from '@tandem/api/core/v1/types'
import type { ContainerState, PodState } from '../container-runtime/runtime.ts'
import { findContainer } from '../lifecycle/pod-containers.ts'
import { RequestError } from './request-error.ts'
import type { ServerContext } from './server.ts'

/** The pod of this node with that name; the newest where an ending one has the same. */
export function findPod({ workers }: ServerContext, namespace: string, name: string): Pod {
  const found = workers.pods.filter(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const pod = found.toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0]
  if (!pod) throw new RequestError(404, `pod "${name}" not found`)
  return pod
}

export interface FoundContainer {
  pod: Pod
  state: PodState
  /** Newest first; at least one. */
  attempts: [ContainerState, ...ContainerState[]]
}

export async function findContainerStates(
  context: ServerContext,
  { namespace, podName, container }: { namespace: string; podName: string; container: string },
): Promise<FoundContainer> {
  const pod = findPod(context, namespace, podName)
  if (!findContainer(pod, container))
    throw new RequestError(404, `container "${container}" not found in pod "${podName}"`)
  const state = await context.runtime.podState(pod.metadata.uid)
  const [newest, ...older] = state.containers.filter(({ name }) => name === container)
  if (!newest) {
    const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
      ({ name }) => name === container,
    )
    const reason = status?.state?.waiting?.reason
    throw new RequestError(
      400,
      reason
        ? `container "${container}" in pod "${podName}" is waiting to start: ${waitingText(reason)}`
        : `container "${container}" in pod "${podName}" is not available`,
    )
  }
  return { pod, state, attempts: [newest, ...older] }
}

const waitingText = (reason: string): string =>
  ({
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
    RegistryUnavailable: 'trying and failing to pull image',
  })[reason] ?? reason

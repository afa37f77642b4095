import { containerShouldRestart } from '@tandem/api/core/v1/pod-conditions'
import { isRestartableInitContainer } from '@tandem/api/core/v1/pod-resources'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import type { ContainerState } from '../container-runtime/runtime.ts'

/** An init container that is started in its turn and then kept running beside the others. */
export const isSidecar = isRestartableInitContainer

/** Would this container be started again after ending with this code, by the policy and rules of the container and the pod? */
export const restartsAfter = (container: Container, pod: Pod, exitCode: number): boolean =>
  containerShouldRestart(pod.spec, container, exitCode)

/** An init container is restarted after failure alone, whatever restart policy Always says of it. */
export const initRestartsAfter = (container: Container, pod: Pod, exitCode: number): boolean =>
  isSidecar(container) || (exitCode !== 0 && restartsAfter(container, pod, exitCode))

/** Must a container in this state be started? Not while the pod is being deleted. */
export function shouldBeStarted(container: Container, pod: Pod, state: ContainerState | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false
  if (!state) return true
  if (state.state === 'running') return false
  if (state.state !== 'exited') return true
  return restartsAfter(container, pod, state.exitCode)
}

/** After a probe failed, the container is killed; is it then started again? */
export const restartsAfterProbe = (container: Container, pod: Pod): boolean =>
  (container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always') !== 'Never'

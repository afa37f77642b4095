import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Container, EphemeralContainer, Pod } from '@tandem/api/core/v1/types'
import { expandVariables } from '@tandem/api/core/v1/variable-expansion'
import { containerResources } from '../cgroups/resources.ts'
import type { ContainerConfig, ImageStatus, Mount, SandboxState } from '../container-runtime/runtime.ts'
import { containerSecurity } from './container-security.ts'
import { containerHash } from './pod-containers.ts'

export interface ContainerConfigInput {
  pod: Pod
  container: Container | EphemeralContainer
  sandbox: SandboxState
  image: ImageStatus
  attempt: number
  env: readonly { name: string; value: string }[]
  mounts: readonly Mount[]
  devices: NonNullable<ContainerConfig['devices']>
  terminationMessageFile: string
  cgroupParent: string
  runtimeHandler: string
  nodeMemory: number
  seccompRoot: string
  targetContainerId?: string
}

const defaultMessagePath = '/dev/termination-log'

/** A container of a pod as the runtime is asked for it. */
export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, sandbox, image, attempt, env, mounts } = input
  const { name, uid, namespace = '' } = pod.metadata
  const variables = new Map(env.map(({ name, value }) => [name, value]))
  const expanded = (words: readonly string[]): string[] => words.map((word) => expandVariables(word, variables))
  const messagePath = container.terminationMessagePath ?? defaultMessagePath
  const stopSignal = container.lifecycle?.stopSignal
  return {
    pod: { uid, name, namespace },
    runtimeHandler: input.runtimeHandler,
    sandbox,
    name: container.name,
    attempt,
    hash: containerHash(container),
    image: container.image ?? image.id,
    ...(container.command?.length ? { command: expanded(container.command) } : {}),
    ...(container.args?.length ? { args: expanded(container.args) } : {}),
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    env,
    mounts: [
      ...mounts,
      { hostPath: input.terminationMessageFile, containerPath: messagePath, readOnly: false, propagation: 'private' },
    ],
    devices: input.devices,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(stopSignal ? { stopSignal } : {}),
    resources: containerResources({ pod, container, qos: qosClassOf(pod), nodeMemory: input.nodeMemory }),
    security: containerSecurity(container, pod, { seccompRoot: input.seccompRoot }),
    namespaces: {
      hostNetwork: pod.spec.hostNetwork ?? false,
      hostPid: pod.spec.hostPID ?? false,
      hostIpc: pod.spec.hostIPC ?? false,
      shareProcessNamespace: pod.spec.shareProcessNamespace ?? false,
      ...(input.targetContainerId ? { targetContainerId: input.targetContainerId } : {}),
    },
    cgroupParent: input.cgroupParent,
    terminationMessagePath: messagePath,
    terminationMessagePolicy:
      container.terminationMessagePolicy === 'FallbackToLogsOnError' ? 'FallbackToLogsOnError' : 'File',
    terminationMessageFile: input.terminationMessageFile,
  }
}

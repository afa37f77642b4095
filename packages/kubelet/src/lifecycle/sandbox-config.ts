import { hostPortsOf } from '@tandem/api/core/v1/host-ports'
import type { Pod } from '@tandem/api/core/v1/types'
import type { PortMapping, SandboxConfig } from '../container-runtime/runtime.ts'

export function sandboxConfig(
  pod: Pod,
  options: { attempt: number; hostname: string; cgroupParent: string; runtimeHandler: string },
): SandboxConfig {
  const { name, uid, namespace = '' } = pod.metadata
  const { spec } = pod
  return {
    pod: { uid, name, namespace },
    ...options,
    hostUsers: spec.hostUsers ?? true,
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    shareProcessNamespace: spec.shareProcessNamespace ?? false,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    portMappings: spec.hostNetwork ? [] : portMappings(pod),
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
  }
}

const portMappings = (pod: Pod): PortMapping[] =>
  hostPortsOf(pod).map(({ protocol = 'TCP', containerPort, hostPort = 0, hostIP }) => ({
    protocol: protocol.toLowerCase() as PortMapping['protocol'],
    containerPort,
    hostPort,
    ...(hostIP ? { hostIP } : {}),
  }))

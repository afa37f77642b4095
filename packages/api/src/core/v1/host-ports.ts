import { duplicate, type FieldError } from '@tandem/apimachinery'
import type { Container, ContainerPort, Pod } from './types.ts'

const anyAddress = (ip: string | undefined): string =>
  ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::' ? '0.0.0.0' : ip

/** Would the two claim the same port of the host? An address of none claims the port on all of them. */
export function hostPortsConflict(a: ContainerPort, b: ContainerPort): boolean {
  if (!a.hostPort || a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false
  const [ipA, ipB] = [anyAddress(a.hostIP), anyAddress(b.hostIP)]
  return ipA === '0.0.0.0' || ipB === '0.0.0.0' || ipA === ipB
}

/** The ports a pod claims on its node: those of its containers and sidecars. */
export const hostPortsOf = (pod: Pod): ContainerPort[] =>
  [
    ...(pod.spec.containers ?? []),
    ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ].flatMap(({ ports = [] }) => ports.filter(({ hostPort }) => hostPort))

/** Two containers of one pod cannot claim the same port. */
export function validateHostPorts(field: string, containers: readonly Container[]): FieldError[] {
  const claimed = new Set<string>()
  const errors: FieldError[] = []
  for (const [i, { ports = [] }] of containers.entries()) {
    for (const [j, { hostPort, hostIP = '', protocol = '' }] of ports.entries()) {
      if (!hostPort) continue
      const claim = `${protocol}/${hostIP}/${hostPort}`
      if (claimed.has(claim)) errors.push(duplicate(`${field}[${i}].ports[${j}].hostPort`, claim))
      claimed.add(claim)
    }
  }
  return errors
}

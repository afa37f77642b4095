import type { Pod } from '@tandem/api/core/v1/types'

/** Namespaced, and without influence on any other pod of the node. */
const safe = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]

type Namespace = 'IPC' | 'Net'

/** Where a sysctl belongs to a namespace, which one; by its beginning. */
const namespaces: readonly [prefix: string, namespace: Namespace][] = [
  ['kernel.sem', 'IPC'],
  ['kernel.shm', 'IPC'],
  ['kernel.msg', 'IPC'],
  ['fs.mqueue.', 'IPC'],
  ['net.', 'Net'],
]

const namespaceOf = (name: string): Namespace | undefined => namespaces.find(([prefix]) => name.startsWith(prefix))?.[1]

/** Sysctls may be written with slashes: then dots are part of a name. */
const normalized = (name: string): string => {
  const separator = /[./]/.exec(name)?.[0]
  return separator === '/' ? name.replaceAll(/[./]/g, (found) => (found === '/' ? '.' : '/')) : name
}

/** Why a pod's sysctls are not for this node; `allowed` are patterns that an administrator has added to the safe ones. */
export function forbiddenSysctl({ spec }: Pod, allowed: readonly string[]): string | undefined {
  for (const { name: written } of spec.securityContext?.sysctls ?? []) {
    const name = normalized(written)
    const listed = [...safe, ...allowed].some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === normalized(pattern),
    )
    if (!listed) return `forbidden sysctl: "${name}" not allowlisted`
    const namespace = namespaceOf(name)
    if ((namespace === 'IPC' && spec.hostIPC) || (namespace === 'Net' && spec.hostNetwork))
      return `forbidden sysctl: "${name}" not allowed with host ${namespace} enabled`
  }
  return undefined
}

/** Those that an administrator allows and that belong to no namespace: a pod that sets one would set it for the host. */
export const withoutNamespace = (allowed: readonly string[]): string[] =>
  allowed.filter((pattern) => namespaceOf(normalized(pattern)) === undefined)

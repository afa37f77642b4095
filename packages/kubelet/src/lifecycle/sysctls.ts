import { safeSysctls } from '@tandem/api/core/v1/safe-sysctls'
import type { Pod } from '@tandem/api/core/v1/types'

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
    const listed = [...safeSysctls, ...allowed].some((pattern) =>
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

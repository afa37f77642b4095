import { safeSysctls } from '@tandem/api/core/v1/safe-sysctls'
import type { Container, PodSecurityContext, PodSpec, SecurityContext, Volume } from '@tandem/api/core/v1/types'

/** One rule of the Pod Security Standards: what it is called when it is broken, and how this pod breaks it. */
export interface Check {
  readonly reason: string
  /** Undefined when the pod keeps the rule. */
  broken(spec: PodSpec): string | undefined
}

type Runnable = Pick<Container, 'name' | 'securityContext' | 'ports'>
type Contexts = (PodSecurityContext & SecurityContext) | undefined

const containersOf = (spec: PodSpec): Runnable[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
]
const quote = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')
const plural = (one: string, count: number): string => (count === 1 ? one : `${one}s`)
const containerNames = (bad: readonly string[]): string => `${plural('container', bad.length)} ${quote(bad)}`
const named = (spec: PodSpec, isBad: (container: Runnable) => boolean): string[] =>
  containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name)
const unlessEmpty = (bad: readonly string[], message: () => string): string | undefined =>
  bad.length > 0 ? message() : undefined

/** Who sets a bad value: the pod, some containers, or both. */
function setters(spec: PodSpec, isBad: (context: Contexts) => boolean): string | undefined {
  const found = isBad(spec.securityContext as Contexts) ? ['pod'] : []
  const bad = named(spec, ({ securityContext }) => isBad(securityContext as Contexts))
  if (bad.length > 0) found.push(containerNames(bad))
  return found.length > 0 ? found.join(' and ') : undefined
}

const privileged: Check = {
  reason: 'privileged',
  broken(spec) {
    const bad = named(spec, ({ securityContext }) => securityContext?.privileged === true)
    return unlessEmpty(bad, () => `${containerNames(bad)} must not set securityContext.privileged=true`)
  },
}

const hostNamespaces: Check = {
  reason: 'host namespaces',
  broken(spec) {
    const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name])
    return unlessEmpty(used, () => used.map((name) => `${name}=true`).join(', '))
  },
}

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)
const added = ({ securityContext }: Runnable, allowed: ReadonlySet<string>): string[] =>
  (securityContext?.capabilities?.add ?? []).filter((capability) => !allowed.has(capability))
const addedByAny = (spec: PodSpec, allowed: ReadonlySet<string>): string[] =>
  [...new Set(containersOf(spec).flatMap((container) => added(container, allowed)))].sort()

const baselineCapabilities: Check = {
  reason: 'non-default capabilities',
  broken(spec) {
    const bad = named(spec, (container) => added(container, defaultCapabilities).length > 0)
    const capabilities = addedByAny(spec, defaultCapabilities)
    return unlessEmpty(
      bad,
      () => `${containerNames(bad)} must not include ${quote(capabilities)} in securityContext.capabilities.add`,
    )
  },
}

const restrictedCapabilities: Check = {
  reason: 'unrestricted capabilities',
  broken(spec) {
    const allowed = new Set(['NET_BIND_SERVICE'])
    const keeping = named(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
    const adding = named(spec, (container) => added(container, allowed).length > 0)
    const parts = [
      unlessEmpty(keeping, () => `${containerNames(keeping)} must set securityContext.capabilities.drop=["ALL"]`),
      unlessEmpty(
        adding,
        () =>
          `${containerNames(adding)} must not include ${quote(addedByAny(spec, allowed))} in securityContext.capabilities.add`,
      ),
    ].filter((part) => part !== undefined)
    return unlessEmpty(parts, () => parts.join('; '))
  },
}

const hostPath: Check = {
  reason: 'hostPath volumes',
  broken(spec) {
    const bad = (spec.volumes ?? []).filter((volume) => volume.hostPath).map(({ name }) => name)
    return unlessEmpty(bad, () => `${plural('volume', bad.length)} ${quote(bad)}`)
  },
}

const hostPorts: Check = {
  reason: 'hostPort',
  broken(spec) {
    const portsOf = ({ ports = [] }: Runnable) => ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
    const bad = named(spec, (container) => portsOf(container).length > 0)
    const used = [...new Set(containersOf(spec).flatMap(portsOf))].sort()
    return unlessEmpty(
      bad,
      () =>
        `${containerNames(bad)} ${bad.length === 1 ? 'uses' : 'use'} ${plural('hostPort', used.length)} ${used.join(', ')}`,
    )
  },
}

const sysctls: Check = {
  reason: 'forbidden sysctls',
  broken(spec) {
    const bad = (spec.securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !safeSysctls.includes(name))
    return unlessEmpty(bad, () => bad.join(', '))
  },
}

const procMount: Check = {
  reason: 'procMount',
  broken(spec) {
    const isBad = ({ securityContext }: Runnable) => (securityContext?.procMount ?? 'Default') !== 'Default'
    const bad = named(spec, isBad)
    const values = [
      ...new Set(
        containersOf(spec)
          .filter(isBad)
          .map(({ securityContext }) => securityContext?.procMount ?? ''),
      ),
    ].sort()
    return unlessEmpty(bad, () => `${containerNames(bad)} must not set securityContext.procMount to ${quote(values)}`)
  },
}

const unconfined: Check = {
  reason: 'seccompProfile',
  broken(spec) {
    const who = setters(spec, (context) => context?.seccompProfile?.type === 'Unconfined')
    return who && `${who} must not set securityContext.seccompProfile.type to "Unconfined"`
  },
}

const appArmor: Check = {
  reason: 'forbidden AppArmor profile',
  broken(spec) {
    const who = setters(spec, (context) => context?.appArmorProfile?.type === 'Unconfined')
    return who && `${who} must not set AppArmor profile type to "Unconfined"`
  },
}

const hostProcess: Check = {
  reason: 'hostProcess',
  broken(spec) {
    const who = setters(spec, (context) => context?.windowsOptions?.hostProcess === true)
    return who && `${who} must not set securityContext.windowsOptions.hostProcess=true`
  },
}

const privilegeEscalation: Check = {
  reason: 'allowPrivilegeEscalation != false',
  broken(spec) {
    const bad = named(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
    return unlessEmpty(bad, () => `${containerNames(bad)} must set securityContext.allowPrivilegeEscalation=false`)
  },
}

const runAsNonRoot: Check = {
  reason: 'runAsNonRoot != true',
  broken(spec) {
    const who = setters(spec, (context) => context?.runAsNonRoot === false)
    if (who) return `${who} must not set securityContext.runAsNonRoot=false`
    if (spec.securityContext?.runAsNonRoot) return undefined
    const bad = named(spec, ({ securityContext }) => securityContext?.runAsNonRoot !== true)
    return unlessEmpty(bad, () => `pod or ${containerNames(bad)} must set securityContext.runAsNonRoot=true`)
  },
}

const runAsRoot: Check = {
  reason: 'runAsUser=0',
  broken(spec) {
    const who = setters(spec, (context) => context?.runAsUser === 0)
    return who && `${who} must not set runAsUser=0`
  },
}

const confined = new Set(['RuntimeDefault', 'Localhost'])
const seccompRestricted: Check = {
  reason: 'seccompProfile',
  broken(spec) {
    if (unconfined.broken(spec)) return unconfined.broken(spec)
    if (confined.has(spec.securityContext?.seccompProfile?.type ?? '')) return undefined
    const bad = named(spec, ({ securityContext }) => !confined.has(securityContext?.seccompProfile?.type ?? ''))
    return unlessEmpty(
      bad,
      () =>
        `pod or ${containerNames(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    )
  },
}

const allowedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])
const typeOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? ''
const restrictedVolumes: Check = {
  reason: 'restricted volume types',
  broken(spec) {
    const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.has(typeOf(volume)))
    const names = bad.map(({ name }) => name)
    const types = [...new Set(bad.map(typeOf))].sort()
    return unlessEmpty(
      names,
      () =>
        `${plural('volume', names.length)} ${quote(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types.length)} ${quote(types)}`,
    )
  },
}

export const baselineChecks: readonly Check[] = [
  hostNamespaces,
  privileged,
  baselineCapabilities,
  hostPath,
  hostPorts,
  appArmor,
  procMount,
  unconfined,
  sysctls,
  hostProcess,
]

/** Those of baseline that the stricter ones stand for are left out. */
export const restrictedChecks: readonly Check[] = [
  ...baselineChecks.filter((check) => check !== baselineCapabilities && check !== unconfined && check !== hostPath),
  privilegeEscalation,
  restrictedCapabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsRoot,
  seccompRestricted,
]

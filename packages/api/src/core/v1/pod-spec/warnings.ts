import { parseQuantity, semanticallyEqual } from '@tandem/apimachinery'
import { warningsForIP } from '../ip-address.ts'
import { nodeLabelDeprecation, nodeSelectorTermWarnings } from '../node-label-deprecations.ts'
import { appArmorPrefix, appArmorProfileOf, seccompOfPod, seccompPrefix } from '../pod/profile-annotations.ts'
import type { Container, EphemeralContainer, PodAffinity, PodSpec, PodTemplateSpec, Volume } from '../types.ts'
import { overlappingPathWarnings } from './overlapping-paths.ts'
import { containersWithPath } from './paths.ts'
import { portWarnings } from './port-warnings.ts'

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

const removedSources: readonly (readonly [name: keyof Volume, shown: string, text: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

const prefixed = (prefix: string, path: string): string => (prefix === '' ? path : `${prefix}.${path}`)

const isFractional = (quantity: string | undefined): boolean =>
  quantity !== undefined && parseQuantity(quantity).nanos % 1_000_000_000n !== 0n

function fractionWarnings(field: string, list: Readonly<Record<string, string>> | undefined): string[] {
  return ['memory', 'ephemeral-storage']
    .filter((name) => isFractional(list?.[name]))
    .map((name) => `${field}[${name}]: fractional byte value "${list?.[name]}" is invalid, must be an integer`)
}

function nodeLabelWarnings(at: string, spec: PodSpec): string[] {
  const affinity = spec.affinity?.nodeAffinity
  const base = `${at}.affinity.nodeAffinity`
  const required = 'requiredDuringSchedulingIgnoredDuringExecution'
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
      const text = nodeLabelDeprecation(key)
      return text ? [`${at}.nodeSelector[${key}]: ${text}`] : []
    }),
    ...(affinity?.[required]?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      nodeSelectorTermWarnings(`${base}.${required}.nodeSelectorTerms[${i}]`, term),
    ),
    ...(affinity?.[preferred] ?? []).flatMap(({ preference }, i) =>
      nodeSelectorTermWarnings(`${base}.${preferred}[${i}].preference`, preference, 'checked'),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, i) => {
      const field = `${at}.topologySpreadConstraints[${i}]`
      const text = nodeLabelDeprecation(topologyKey)
      return [
        ...(text ? [`${field}.topologyKey: ${topologyKey} is ${text}`] : []),
        ...(labelSelector ? [] : [`${field}.labelSelector: a null labelSelector results in matching no pod`]),
      ]
    }),
  ]
}

/** Of a list that is merged by a key, the later of two with one key wins, or both go. */
function repeatWarnings<T>(field: string, list: readonly T[] | undefined, key: keyof T & string): string[] {
  return (list ?? []).flatMap((item, i, all) =>
    all.findIndex((other) => other[key] === item[key]) < i
      ? [`${field}[${i}].${key}: duplicate ${key} ${JSON.stringify(item[key] ?? '')}`]
      : [],
  )
}

function envWarnings(field: string, { env = [] }: Container | EphemeralContainer): string[] {
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    if (env.findIndex((other) => other.name === name) === i) return []
    const reference = `$(${name})`
    const buildsOnIt = !valueFrom && value !== reference && value.includes(reference)
    return buildsOnIt
      ? []
      : [`${field}.env[${i}]: hides previous definition of "${name}", which may be dropped when using apply`]
  })
}

/** The annotation is old, unless it only repeats what the pod's own field says. */
function appArmorWarnings(
  field: string,
  annotation: string | undefined,
  { name, securityContext }: Container | EphemeralContainer,
  spec: PodSpec | undefined,
): string[] {
  if (annotation === undefined) return []
  const profile = appArmorProfileOf(annotation)
  const inherited = profile && semanticallyEqual(profile, spec?.securityContext?.appArmorProfile)
  const own = securityContext?.appArmorProfile
  if (inherited || (own && !semanticallyEqual(own, profile))) return []
  return [`${field}[${appArmorPrefix}${name}]: deprecated since v1.30; use the "appArmorProfile" field instead`]
}

function annotationWarnings(at: string, { metadata = {}, spec }: PodTemplateSpec): string[] {
  const annotations = metadata.annotations ?? {}
  const has = (key: string): boolean => Object.hasOwn(annotations, key)
  const field = prefixed(at, 'metadata.annotations')
  const texts = Object.entries(deprecatedAnnotations)
    .filter(([key]) => has(key))
    .map(([key, text]) => `${field}[${key}]: ${text}`)
  const useField = 'non-functional in v1.27+; use the "seccompProfile" field instead'
  if (!spec?.securityContext?.seccompProfile && has(seccompOfPod)) texts.push(`${field}[${seccompOfPod}]: ${useField}`)
  for (const { container } of spec ? containersWithPath('', spec) : []) {
    const key = `${seccompPrefix}${container.name}`
    if (!container.securityContext?.seccompProfile && has(key)) texts.push(`${field}[${key}]: ${useField}`)
    texts.push(...appArmorWarnings(field, annotations[`${appArmorPrefix}${container.name}`], container, spec))
  }
  return texts
}

function affinityWarnings(field: string, affinity: PodAffinity | undefined): string[] {
  const text = 'a null labelSelector results in matching no pod'
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, i) =>
      labelSelector ? [] : [`${field}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${text}`],
    ),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, i) =>
      podAffinityTerm.labelSelector
        ? []
        : [`${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${text}`],
    ),
  ]
}

/**
 * Texts on what is deprecated, ignored or written twice. `prefix` is where the template stands (`spec.template`), and
 * empty for a pod.
 */
export function podSpecWarnings(prefix: string, template: PodTemplateSpec): string[] {
  const { spec } = template
  if (!spec) return []
  const at = prefixed(prefix, 'spec')
  const containers = containersWithPath(at, spec)
  const grace = spec.terminationGracePeriodSeconds ?? 0
  return [
    ...nodeLabelWarnings(at, spec),
    ...annotationWarnings(prefix, template),
    ...(spec.volumes ?? []).flatMap((volume, i) =>
      removedSources
        .filter(([name]) => volume[name] !== undefined)
        .map(([, shown, text]) => `${at}.volumes[${i}].${shown}: ${text}`),
    ),
    ...overlappingPathWarnings(spec.volumes),
    ...repeatWarnings(`${at}.hostAliases`, spec.hostAliases, 'ip'),
    ...repeatWarnings(`${at}.imagePullSecrets`, spec.imagePullSecrets, 'name'),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, i) =>
      name ? [] : [`${at}.imagePullSecrets[${i}].name: invalid empty name ""`],
    ),
    ...fractionWarnings(`${at}.overhead`, spec.overhead),
    ...containers.flatMap(({ field, container }) => [
      ...fractionWarnings(`${field}.resources.limits`, container.resources?.limits),
      ...fractionWarnings(`${field}.resources.requests`, container.resources?.requests),
      ...envWarnings(field, container),
    ]),
    ...portWarnings(containers),
    ...(grace < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(`${at}.affinity.podAffinity`, spec.affinity?.podAffinity),
    ...affinityWarnings(`${at}.affinity.podAntiAffinity`, spec.affinity?.podAntiAffinity),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => warningsForIP(`${at}.dnsConfig.nameservers[${i}]`, ip)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => warningsForIP(`${at}.hostAliases[${i}].ip`, ip)),
  ]
}

import type { Quantity } from '@tandem/apimachinery'
import { quantityOfValue } from '@tandem/apimachinery'
import { podLimits, podRequests } from '../pod-resources.ts'
import { computeQOSClass } from '../qos-class.ts'
import { addResources, parseResourceList, type Resources } from '../resource-list.ts'
import { isExtendedResource, isHugePages, isNativeResource, isPodLevelResource } from '../resource-name.ts'
import type { Container, Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from '../types.ts'
import { namesMatch, type QuotaEvaluator } from './evaluator.ts'

const one = quantityOfValue(1)
const computeResources = ['cpu', 'memory', 'ephemeral-storage']
const names = new Set([
  'count/pods',
  'pods',
  ...computeResources.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** A quota on any of these obliges containers to say how much they want. */
const obliging = new Set(['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]))
const deviceClassPrefix = 'deviceclass.resource.kubernetes.io/'

const isExtended = (name: string): boolean => isExtendedResource(name) || name.startsWith(deviceClassPrefix)

function counts(name: string): boolean {
  if (names.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')) return true
  if (!name.startsWith('requests.')) return false
  return !isNativeResource(name) || name.startsWith(`requests.${deviceClassPrefix}`)
}

/** The names under which quotas know requests and limits. */
function computeUsage(requests: ReadonlyMap<string, Quantity>, limits: ReadonlyMap<string, Quantity>): Resources {
  const usage: Resources = new Map([['pods', one]])
  for (const [name, quantity] of requests) {
    if (computeResources.includes(name) || isHugePages(name)) usage.set(name, quantity)
    if (computeResources.includes(name) || isHugePages(name) || isExtended(name))
      usage.set(`requests.${name}`, quantity)
  }
  for (const [name, quantity] of limits) if (computeResources.includes(name)) usage.set(`limits.${name}`, quantity)
  return usage
}

/** A pod that ended, or should have long ago, takes nothing; it is still there to be counted as an object. */
function isCharged({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

function usage(pod: Pod, now: number): Resources {
  const used: Resources = new Map([['count/pods', one]])
  if (isCharged(pod, now))
    addResources(used, computeUsage(podRequests(pod, { resizes: 'counted' }), podLimits(pod, { resizes: 'counted' })))
  return used
}

export const isTerminating = ({ spec }: Pod): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0

function usesCrossNamespacePodAffinity({ spec: { affinity } }: Pod): boolean {
  const terms: PodAffinityTerm[] = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((either) => [
    ...(either?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(either?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some(
    ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
  )
}

function matchesScope(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return computeQOSClass(pod) === 'BestEffort'
    case 'NotBestEffort':
      return computeQOSClass(pod) !== 'BestEffort'
    case 'PriorityClass':
      return namesMatch(requirement, pod.spec.priorityClassName ? [pod.spec.priorityClassName] : [])
    case 'CrossNamespacePodAffinity':
      return usesCrossNamespacePodAffinity(pod)
    default:
      return false
  }
}

const saysItself = ({ spec: { resources } }: Pod): boolean =>
  [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some(isPodLevelResource)

/** `must specify limits.cpu for: app,sidecar; requests.memory for: app` */
function missing(limited: readonly string[], pod: Pod): string | undefined {
  if (saysItself(pod)) return undefined
  const wanted = limited.filter((name) => obliging.has(name)).sort()
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const parts = wanted.flatMap((name) => {
    const silent = containers.filter((container) => !says(container, name)).map((container) => container.name)
    return silent.length > 0 ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : []
  })
  return parts.length > 0 ? `must specify ${parts.join('; ')}` : undefined
}

const says = ({ resources }: Container, name: string): boolean =>
  computeUsage(parseResourceList(resources?.requests), parseResourceList(resources?.limits)).has(name)

export const podQuota: QuotaEvaluator<Pod> = {
  resource: '/pods',
  counts,
  usage,
  matchesScope,
  missing,
  handles({ operation, subresource, object, oldObject }) {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource !== '') return false
    if (operation === 'UPDATE') return oldObject !== undefined && isTerminating(oldObject) !== isTerminating(object)
    return operation === 'CREATE'
  },
}

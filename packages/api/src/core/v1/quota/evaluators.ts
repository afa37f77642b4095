import { type KubernetesObject, quantityOfValue } from '@tandem/apimachinery'
import { objectCountName, type QuotaEvaluator } from './evaluator.ts'
import { persistentVolumeClaimQuota } from './persistentvolumeclaim.ts'
import { podQuota } from './pod.ts'
import { resourceClaimQuota } from './resourceclaim.ts'
import { serviceQuota } from './service.ts'

/** Resources of which more is counted than objects. */
const particular: readonly QuotaEvaluator[] = [
  podQuota,
  serviceQuota,
  persistentVolumeClaimQuota,
  resourceClaimQuota,
] as readonly QuotaEvaluator<never>[] as readonly QuotaEvaluator[]

/** Names from before there was `count/`. */
const plainNames = new Set(['/configmaps', '/resourcequotas', '/replicationcontrollers', '/secrets'])

/** Written all the time by everybody, and gone soon. */
const ignored = new Set(['/events', 'events.k8s.io/events', '/bindings', '/componentstatuses'])

const known = new Map<string, QuotaEvaluator>(particular.map((evaluator) => [evaluator.resource, evaluator]))

/** How objects of a resource (`group/plural`) count; undefined for those that no quota is about. */
export function quotaEvaluatorOf(resource: string): QuotaEvaluator | undefined {
  if (ignored.has(resource)) return undefined
  let evaluator = known.get(resource)
  if (!evaluator) {
    evaluator = objectCount(resource)
    known.set(resource, evaluator)
  }
  return evaluator
}

function objectCount(resource: string): QuotaEvaluator<KubernetesObject> {
  const names = [objectCountName(resource), ...(plainNames.has(resource) ? [resource.slice(1)] : [])]
  return {
    resource,
    counts: (name) => names.includes(name),
    usage: () => new Map(names.map((name) => [name, quantityOfValue(1)])),
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
  }
}

/** The resources (`group/plural`) that what a quota limits is about. */
export function resourcesOfQuota(names: readonly string[]): string[] {
  const resources = new Set<string>()
  for (const name of names) {
    for (const { resource, counts } of particular) if (counts(name)) resources.add(resource)
    if (plainNames.has(`/${name}`)) resources.add(`/${name}`)
    const [, plural, group = ''] = /^count\/([^.]+)(?:\.(.+))?$/.exec(name) ?? []
    if (plural) resources.add(`${group}/${plural}`)
  }
  return [...resources].filter((resource) => !ignored.has(resource))
}

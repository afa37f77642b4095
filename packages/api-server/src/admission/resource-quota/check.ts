import { inScope, type QuotaEvaluator, scopeRequirements } from '@tandem/api/core/v1/quota/evaluator'
import { addResources, parseResourceList, printResources, type Resources } from '@tandem/api/core/v1/resource-list'
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '@tandem/api/core/v1/types'
import { compareQuantities, type KubernetesObject, printQuantity, subtractQuantities } from '@tandem/apimachinery'
import { type AdmissionRequest, objectOf } from '../admission.ts'
import { admissionForbidden } from '../forbidden.ts'

/** What may only be used where a quota covers it. */
export interface LimitedResource {
  apiGroup?: string
  resource: string
  /** Parts of names of what is used: `.storageclass.storage.k8s.io/`. */
  matchContains?: readonly string[]
  matchScopes?: readonly ScopedResourceSelectorRequirement[]
}

export interface QuotaCheck {
  evaluator: QuotaEvaluator
  limited: readonly LimitedResource[]
  now: number
}

/**
 * What each quota would have used after this write, for those of which that changes. Refuses what is too much for one of them, and what
 * needs a quota and has none.
 */
export function checkQuotas(
  request: AdmissionRequest,
  quotas: readonly ResourceQuota[],
  check: QuotaCheck,
): ReadonlyMap<ResourceQuota, Resources> {
  const { evaluator, limited, now } = check
  const object = objectOf(request)
  const usage = evaluator.usage(object, now)
  const covering = quotas.filter(
    (quota) => hardNames(quota).some((name) => evaluator.counts(name)) && inScope(evaluator, quota.spec, object),
  )
  for (const quota of covering) mustBeCountable(request, quota, check)
  const negative = [...usage].filter(([, { nanos }]) => nanos < 0n).map(([name]) => name)
  if (negative.length > 0)
    throw admissionForbidden(request, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)

  const deltas = new Map(covering.map((quota) => [quota, withoutZeros(deltaOf(request, quota, check))]))
  const changes = covering.length > 0 ? [...deltas.values()] : [withoutZeros(deltaOf(request, undefined, check))]
  if (changes.every((delta) => delta.size === 0)) return new Map()
  mustBeCovered(request, { limited, usage, covering, quotas, evaluator })

  const charged = new Map<ResourceQuota, Resources>()
  for (const [quota, delta] of deltas) {
    const after = charge(request, quota, delta)
    if (after) charged.set(quota, after)
  }
  return charged
}

const hardNames = ({ status }: ResourceQuota): string[] => Object.keys(status?.hard ?? {})

function mustBeCountable(
  request: AdmissionRequest,
  { metadata, status }: ResourceQuota,
  { evaluator }: QuotaCheck,
): void {
  const names = Object.keys(status?.hard ?? {}).filter((name) => evaluator.counts(name))
  const missing = evaluator.missing?.(names, objectOf(request))
  if (missing) throw admissionForbidden(request, `failed quota: ${metadata.name}: ${missing}`)
  if (names.some((name) => status?.used?.[name] === undefined))
    throw admissionForbidden(
      request,
      `status unknown for quota: ${metadata.name}, resources: ${names.sort().join(',')}`,
    )
}

/** An update is charged with what it adds, where what was there before counted against the same quota. */
function deltaOf(
  request: AdmissionRequest,
  quota: ResourceQuota | undefined,
  { evaluator, now }: QuotaCheck,
): Resources {
  const usage = evaluator.usage(objectOf(request), now)
  const before = request.operation === 'UPDATE' ? request.oldObject : undefined
  if (!before || (quota && !inScope(evaluator, quota.spec, before))) return usage
  const used = evaluator.usage(before, now)
  for (const [name, quantity] of usage) {
    const rest = subtractQuantities(quantity, used.get(name) ?? '0')
    usage.set(name, rest.nanos < 0n ? { ...rest, nanos: 0n } : rest)
  }
  return usage
}

const withoutZeros = (resources: Resources): Resources =>
  new Map([...resources].filter(([, { nanos }]) => nanos !== 0n))

interface Coverage {
  limited: readonly LimitedResource[]
  usage: Resources
  covering: readonly ResourceQuota[]
  quotas: readonly ResourceQuota[]
  evaluator: QuotaEvaluator
}

function mustBeCovered(request: AdmissionRequest, { limited, usage, covering, quotas, evaluator }: Coverage): void {
  if (limited.length === 0) return
  const { group, plural } = request.definition
  const own = limited.filter(({ apiGroup = '', resource }) => apiGroup === group && resource === plural)
  const used = [...usage].filter(([, { nanos }]) => nanos > 0n).map(([name]) => name)
  const uncovered = used
    .filter((name) => own.some(({ matchContains = [] }) => matchContains.some((part) => name.includes(part))))
    .filter((name) => !covering.some((quota) => hardNames(quota).includes(name)))
  if (uncovered.length > 0)
    throw admissionForbidden(request, `insufficient quota to consume: ${uncovered.sort().join(',')}`)

  const object: KubernetesObject = objectOf(request)
  const matches = (requirement: ScopedResourceSelectorRequirement) =>
    evaluator.matchesScope?.(requirement, object) ?? false
  const allowed = quotas.flatMap(({ spec }) => scopeRequirements(spec)).filter(matches)
  const open = limited
    .flatMap(({ matchScopes = [] }) => matchScopes)
    .filter(matches)
    .filter(({ scopeName }) => !allowed.some((scope) => scope.scopeName === scopeName))
  if (open.length > 0)
    throw admissionForbidden(request, `insufficient quota to match these scopes: [${open.map(shown).join(' ')}]`)
}

const shown = ({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string =>
  `{${scopeName} ${operator} [${values.join(' ')}]}`

/** What the quota has used afterwards; undefined where it does not limit what is used. */
function charge(request: AdmissionRequest, quota: ResourceQuota, delta: Resources): Resources | undefined {
  const hard = parseResourceList(quota.status?.hard)
  const requested: Resources = new Map([...delta].filter(([name]) => hard.has(name)))
  if (requested.size === 0) return undefined
  const before = parseResourceList(quota.status?.used)
  const after = new Map(before)
  addResources(after, requested)
  const exceeded = [...requested.keys()].filter((name) => {
    const [used, limit] = [after.get(name), hard.get(name)]
    return used && limit && compareQuantities(used, limit) > 0
  })
  // A status says what is so already: it is counted, not refused.
  if (exceeded.length > 0 && request.subresource !== 'status') {
    const part = (of: Resources) => amounts(of, exceeded)
    throw admissionForbidden(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${part(requested)}, used: ${part(before)}, limited: ${part(hard)}`,
    )
  }
  return after
}

const amounts = (resources: Resources, names: readonly string[]): string =>
  names
    .toSorted()
    .flatMap((name) => {
      const quantity = resources.get(name)
      return quantity ? [`${name}=${printQuantity(quantity)}`] : []
    })
    .join(',')

export const withUsed = (quota: ResourceQuota, used: Resources): ResourceQuota => ({
  ...quota,
  status: { ...quota.status, used: printResources(used) },
})

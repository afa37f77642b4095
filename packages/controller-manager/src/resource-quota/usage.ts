import { inScope, type QuotaEvaluator } from '@tandem/api/core/v1/quota/evaluator'
import { addResources, parseResourceList, printResources, type Resources } from '@tandem/api/core/v1/resource-list'
import type { ResourceQuota, ResourceQuotaStatus } from '@tandem/api/core/v1/types'
import { compareQuantities, type KubernetesObject, zeroQuantity } from '@tandem/apimachinery'

/** The objects of a namespace, by how they count. */
export type Counted = ReadonlyMap<QuotaEvaluator, readonly KubernetesObject[]>

/** What the spec asks for is not what the status answers yet. */
export const isUnanswered = ({ spec, status }: ResourceQuota): boolean =>
  !sameAmounts(spec.hard, status?.hard) ||
  Object.keys(spec.hard ?? {}).some((name) => status?.used?.[name] === undefined)

/** The status of a quota by what there is. What nobody can count keeps the amount it had. */
export function quotaStatus(quota: ResourceQuota, objects: Counted, now: number): ResourceQuotaStatus {
  const hard = quota.spec.hard ?? {}
  const used = parseResourceList(quota.status?.used)
  for (const [name, quantity] of countUsage(quota, objects, now)) used.set(name, quantity)
  return {
    hard: { ...hard },
    used: printResources(new Map([...used].filter(([name]) => hard[name] !== undefined))),
  }
}

function countUsage({ spec }: ResourceQuota, objects: Counted, now: number): Resources {
  const total: Resources = new Map()
  for (const [evaluator, all] of objects) {
    const names = Object.keys(spec.hard ?? {}).filter((name) => evaluator.counts(name))
    for (const name of names) if (!total.has(name)) total.set(name, zeroQuantity)
    for (const object of all) {
      if (!inScope(evaluator, spec, object)) continue
      const usage = evaluator.usage(object, now)
      addResources(total, new Map([...usage].filter(([name]) => names.includes(name))))
    }
  }
  return total
}

type Amounts = Readonly<Record<string, string>> | undefined

export function sameAmounts(a: Amounts = {}, b: Amounts = {}): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [one, other] = [a[name], b[name]]
      return one !== undefined && other !== undefined && compareQuantities(one, other) === 0
    })
  )
}

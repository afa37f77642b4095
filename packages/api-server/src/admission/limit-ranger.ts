import { limitRanges } from '@tandem/api/core/v1/limitrange'
import type { Container, LimitRangeItem, PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import {
  addQuantities,
  compareQuantities,
  printQuantity,
  quantityToNumber,
  zeroQuantity,
} from '@tandem/apimachinery/quantity'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { listAll, type PluginContext } from './plugin-context.ts'

type Amounts = Record<string, string>

interface Usage {
  requests: Amounts
  limits: Amounts
}

/** Fills in what a namespace's limit ranges say containers get by default, and refuses what lies outside them. */
export const limitRanger = (context: PluginContext): AdmissionPlugin => ({
  name: 'LimitRanger',
  resources: ['/pods', '/persistentvolumeclaims'],
  operations: ['CREATE', 'UPDATE'],
  async admit(request) {
    if (request.definition.plural !== 'pods' || request.subresource !== '' || request.operation !== 'CREATE') return
    for (const item of await itemsOf(context, request))
      if (item.type === 'Container') applyDefaults(objectOf<Pod>(request), item)
  },
  async validate(request) {
    if (request.subresource !== '' && request.subresource !== 'resize') return
    if (request.definition.plural === 'pods' && request.operation === 'UPDATE' && request.subresource === '') return
    const faults = (await itemsOf(context, request)).flatMap((item) => faultsOf(request, item))
    if (faults.length === 0) return
    throw admissionForbidden(request, faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`)
  },
})

const itemsOf = async (context: PluginContext, { namespace }: AdmissionRequest): Promise<LimitRangeItem[]> =>
  (await listAll(context, limitRanges, namespace)).flatMap(({ spec }) => spec?.limits ?? [])

function applyDefaults({ spec }: Pod, { default: limits = {}, defaultRequest: requests = {} }: LimitRangeItem): void {
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const resources = container.resources ?? {}
    const filled = {
      limits: { ...limits, ...resources.limits },
      requests: { ...requests, ...resources.requests },
    }
    container.resources = {
      ...resources,
      ...(Object.keys(filled.limits).length > 0 && { limits: filled.limits }),
      ...(Object.keys(filled.requests).length > 0 && { requests: filled.requests }),
    }
  }
}

function faultsOf({ definition, object }: AdmissionRequest, item: LimitRangeItem): string[] {
  if (definition.plural === 'persistentvolumeclaims') {
    if (item.type !== 'PersistentVolumeClaim') return []
    const { requests = {} } = (object as PersistentVolumeClaim).spec?.resources ?? {}
    return outside(item, { requests: requests as Amounts, limits: {} })
  }
  const { spec } = object as Pod
  if (item.type === 'Container')
    return [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) =>
      outside(item, usageOf(container)),
    )
  return item.type === 'Pod' ? outside(item, podUsage(spec.containers, spec.initContainers ?? [])) : []
}

const usageOf = ({ resources }: Container): Usage => ({
  requests: (resources?.requests ?? {}) as Amounts,
  limits: (resources?.limits ?? {}) as Amounts,
})

/** Containers run together; init containers one after the other before them. */
function podUsage(containers: readonly Container[], init: readonly Container[]): Usage {
  const combine = (part: keyof Usage): Amounts => {
    const sums: Amounts = {}
    for (const container of containers)
      for (const [name, amount] of Object.entries(usageOf(container)[part]))
        sums[name] = printQuantity(addQuantities(sums[name] ?? zeroQuantity, amount))
    for (const container of init)
      for (const [name, amount] of Object.entries(usageOf(container)[part]))
        if (sums[name] === undefined || compareQuantities(amount, sums[name]) > 0) sums[name] = amount
    return sums
  }
  return { requests: combine('requests'), limits: combine('limits') }
}

function outside(
  { type, min = {}, max = {}, maxLimitRequestRatio = {} }: LimitRangeItem,
  { requests, limits }: Usage,
): string[] {
  const faults: string[] = []
  for (const [name, enforced] of Object.entries(min as Amounts)) {
    const [request, limit] = [requests[name], limits[name]]
    const head = `minimum ${name} usage per ${type} is ${enforced}`
    if (request === undefined) faults.push(`${head}.  No request is specified`)
    else if (compareQuantities(request, enforced) < 0) faults.push(`${head}, but request is ${request}`)
    else if (limit !== undefined && compareQuantities(limit, enforced) < 0)
      faults.push(`${head}, but limit is ${limit}`)
  }
  for (const [name, enforced] of Object.entries(max as Amounts)) {
    const [request, limit] = [requests[name], limits[name]]
    const head = `maximum ${name} usage per ${type} is ${enforced}`
    if (type === 'PersistentVolumeClaim') {
      if (request !== undefined && compareQuantities(request, enforced) > 0)
        faults.push(`${head}, but request is ${request}`)
    } else if (limit === undefined) faults.push(`${head}.  No limit is specified`)
    else if (compareQuantities(limit, enforced) > 0) faults.push(`${head}, but limit is ${limit}`)
    else if (request !== undefined && compareQuantities(request, enforced) > 0)
      faults.push(`${head}, but request is ${request}`)
  }
  for (const [name, enforced] of Object.entries(maxLimitRequestRatio as Amounts)) {
    const [request, limit] = [requests[name], limits[name]]
    const head = `${name} max limit to request ratio per ${type} is ${enforced}`
    if (request === undefined || quantityToNumber(request) === 0)
      faults.push(`${head}, but no request is specified or request is 0`)
    else if (limit === undefined || quantityToNumber(limit) === 0)
      faults.push(`${head}, but no limit is specified or limit is 0`)
    else {
      const ratio = quantityToNumber(limit) / quantityToNumber(request)
      if (ratio > quantityToNumber(enforced)) faults.push(`${head}, but provided ratio is ${ratio.toFixed(6)}`)
    }
  }
  return faults
}

import { compareQuantities, parseQuantity, type Quantity, quantityOfValue, quantityValue } from '@tandem/apimachinery'
import { storageClassOf } from '../access-modes.ts'
import type { Resources } from '../resource-list.ts'
import type { PersistentVolumeClaim } from '../types.ts'
import { namesMatch, type QuotaEvaluator } from './evaluator.ts'

const names = ['persistentvolumeclaims', 'requests.storage']
const classSuffix = '.storageclass.storage.k8s.io/'

const counts = (name: string): boolean =>
  name === 'count/persistentvolumeclaims' ||
  names.includes(name) ||
  names.some((each) => name.endsWith(classSuffix + each))

/** In whole bytes: of what is asked for and what is being given while it expands, the larger. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const requested = spec?.resources?.requests?.storage
  if (requested === undefined) return undefined
  const allocated = status?.allocatedResources?.storage
  const larger = allocated !== undefined && compareQuantities(allocated, requested) > 0 ? allocated : requested
  const quantity = parseQuantity(larger)
  return quantityOfValue(quantityValue(quantity), quantity.format)
}

function usage(claim: PersistentVolumeClaim): Resources {
  const one = quantityOfValue(1)
  const used: Resources = new Map([
    ['persistentvolumeclaims', one],
    ['count/persistentvolumeclaims', one],
  ])
  const storageClass = storageClassOf(claim)
  if (storageClass) used.set(`${storageClass}${classSuffix}persistentvolumeclaims`, one)
  const storage = storageOf(claim)
  if (!storage) return used
  used.set('requests.storage', storage)
  if (storageClass) used.set(`${storageClass}${classSuffix}requests.storage`, storage)
  return used
}

/** What it has, what it had, and what it is to get. */
const attributesClasses = ({ spec, status }: PersistentVolumeClaim): string[] => [
  ...new Set(
    [
      spec?.volumeAttributesClassName,
      status?.currentVolumeAttributesClassName,
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ].flatMap((name) => (name ? [name] : [])),
  ),
]

export const persistentVolumeClaimQuota: QuotaEvaluator<PersistentVolumeClaim> = {
  resource: '/persistentvolumeclaims',
  counts,
  usage,
  matchesScope: (requirement, claim) =>
    requirement.scopeName === 'VolumeAttributesClass' && namesMatch(requirement, attributesClasses(claim)),
  handles: ({ operation, subresource }) =>
    (subresource === '' && operation === 'CREATE') ||
    ((subresource === '' || subresource === 'status') && operation === 'UPDATE'),
}

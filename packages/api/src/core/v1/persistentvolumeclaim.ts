import {
  compareQuantities,
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  parseQuantity,
  type ResourceDefinition,
  required,
  semanticallyEqual,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import {
  betaStorageClass,
  formatAccessModes,
  formatStorage,
  storageClassOf,
  validateAccessModes,
} from './access-modes.ts'
import { immutable, invalidEach, optionalOneOf } from './field-checks.ts'
import { roundResourceList } from './resource-list.ts'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
  TypedObjectReference,
} from './types.ts'

export const volumeModes = ['Block', 'Filesystem']

function defaults(claim: PersistentVolumeClaim): void {
  claim.spec ??= {}
  claim.spec.resources ??= {}
  claim.status ??= {}
  claim.status.phase ||= 'Pending'
  claim.spec.volumeMode ??= 'Filesystem'
  roundResourceList(claim.spec.resources.limits)
  roundResourceList(claim.spec.resources.requests)
  roundResourceList(claim.status.capacity)
  roundResourceList(claim.status.allocatedResources)
}

const isKnownSource = ({ kind, apiGroup }: TypedLocalObjectReference): boolean =>
  (!apiGroup && kind === 'PersistentVolumeClaim') ||
  (apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot')

/** `dataSource` and `dataSourceRef` say the same; the older of them knew claims and snapshots alone. */
function alignDataSources(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef
  const hadSource = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  if (!hadSource && !spec.dataSourceRef && spec.dataSource && !isKnownSource(spec.dataSource)) delete spec.dataSource
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...source } = spec.dataSourceRef
    spec.dataSource = source
  }
}

function prepareForCreate(claim: PersistentVolumeClaim): void {
  claim.status = { phase: 'Pending' }
  alignDataSources(claim.spec)
}

function prepareForUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): void {
  claim.status = old.status
  alignDataSources(claim.spec, old.spec)
}

function validateReference(field: string, { kind, name, apiGroup, namespace }: TypedObjectReference): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(`${field}.name`))
  if (!kind) errors.push(required(`${field}.kind`))
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalidValue(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  if (apiGroup) errors.push(...invalidEach(`${field}.apiGroup`, apiGroup, validateDns1123Subdomain(apiGroup)))
  if (namespace) errors.push(...invalidEach(`${field}.namespace`, namespace, nameIsDnsLabel(namespace, false)))
  return errors
}

export function validateStorageRequest(field: string, requested: string | undefined): FieldError[] {
  if (requested === undefined) return [required(field)]
  return compareQuantities(requested, '0') > 0 ? [] : [invalidValue(field, requested, 'must be greater than zero')]
}

/** Also the spec of a template: of an ephemeral volume or of a StatefulSet. */
export function validateClaimSpec(field: string, spec: PersistentVolumeClaimSpec): FieldError[] {
  const { accessModes = [], dataSource, dataSourceRef } = spec
  const errors: FieldError[] = []
  if (accessModes.length === 0) errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(`${field}.selector`, spec.selector))
  errors.push(...validateAccessModes(`${field}.accessModes`, accessModes))
  errors.push(...validateStorageRequest(`${field}.resources[storage]`, spec.resources?.requests?.storage))
  for (const name of ['storageClassName', 'volumeAttributesClassName'] as const) {
    const value = spec[name]
    if (value) errors.push(...invalidEach(`${field}.${name}`, value, nameIsDnsSubdomain(value, false)))
  }
  errors.push(...optionalOneOf(`${field}.volumeMode`, spec.volumeMode, volumeModes))
  if (dataSource) errors.push(...validateReference(`${field}.dataSource`, dataSource))
  if (dataSourceRef) errors.push(...validateReference(`${field}.dataSourceRef`, dataSourceRef))
  if (dataSource && dataSourceRef?.namespace)
    errors.push(
      invalidValue(field, `${field}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified'),
    )
  else if (dataSource && dataSourceRef && !semanticallyEqual(dataSource, dataSourceRef))
    errors.push(invalidValue(field, `${field}.dataSource`, 'must match dataSourceRef'))
  return errors
}

const validate = ({ spec }: PersistentVolumeClaim): FieldError[] => validateClaimSpec('spec', spec)

/** The spec as far as it may not change: what may is put back to what it was. */
function fixedPart(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const spec = structuredClone(claim.spec)
  if (!old.spec.volumeName) spec.volumeName = old.spec.volumeName
  const annotated = old.metadata.annotations?.[betaStorageClass]
  if (old.spec.storageClassName === undefined && (annotated === undefined || spec.storageClassName === annotated))
    delete spec.storageClassName
  if (claim.status?.phase === 'Bound') {
    const storage = old.spec.resources?.requests?.storage
    if (spec.resources?.requests && storage !== undefined) spec.resources.requests.storage = storage
    spec.volumeAttributesClassName = old.spec.volumeAttributesClassName
  }
  return spec
}

function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = validate(claim)
  if (!semanticallyEqual(fixedPart(claim, old), old.spec))
    errors.push(
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    )
  const size = claim.spec.resources?.requests?.storage ?? '0'
  if (
    compareQuantities(size, old.spec.resources?.requests?.storage ?? '0') < 0 &&
    compareQuantities(size, old.status?.capacity?.storage ?? '0') <= 0
  )
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  errors.push(...immutable('volumeMode', claim.spec.volumeMode, old.spec.volumeMode))
  if (old.status?.currentVolumeAttributesClassName !== undefined && !claim.spec.volumeAttributesClassName) {
    const removed = claim.spec.volumeAttributesClassName === undefined ? 'nil' : 'empty string'
    errors.push(
      forbiddenField(
        'spec.volumeAttributesClassName',
        `update to ${removed} is forbidden when status.currentVolumeAttributesClassName is not nil`,
      ),
    )
  }
  return errors
}

function validateStatusUpdate({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = (spec.accessModes ?? []).length === 0 ? [required('Spec.accessModes')] : []
  for (const [name, quantity] of Object.entries(status?.capacity ?? {}))
    if (parseQuantity(quantity).nanos < 0n)
      errors.push(invalidValue(`status.capacity[${name}]`, quantity, 'must be a valid resource quantity'))
  return errors
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const texts: string[] = []
  if (Object.hasOwn(metadata.annotations ?? {}, betaStorageClass))
    texts.push(
      `metadata.annotations[${betaStorageClass}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    )
  for (const list of ['requests', 'limits'] as const) {
    const quantity = spec.resources?.[list]?.storage
    if (quantity !== undefined && parseQuantity(quantity).nanos % 1_000_000_000n !== 0n)
      texts.push(`spec.resources.${list}[storage]: fractional byte value "${quantity}" is invalid, must be an integer`)
  }
  return texts
}

/** `Terminating` for what is being deleted. */
export const phaseOf = ({
  metadata,
  status,
}: {
  metadata: { deletionTimestamp?: string }
  status?: { phase?: string }
}): string => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''))

export const persistentVolumeClaims: ResourceDefinition<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  subresources: { status: true },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate,
  validateStatusUpdate,
  warnings,
  selectableFields: { name: ({ metadata }) => metadata.name },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'Phase of the claim.', value: phaseOf },
    { name: 'Volume', type: 'string', description: 'The bound volume.', value: ({ spec }) => spec.volumeName ?? '' },
    {
      name: 'Capacity',
      type: 'string',
      description: 'Size of the bound volume.',
      value: ({ spec, status }) => (spec.volumeName ? formatStorage(status?.capacity) : ''),
    },
    {
      name: 'Access Modes',
      type: 'string',
      description: 'How the bound volume may be mounted.',
      value: ({ spec, status }) => (spec.volumeName ? formatAccessModes(status?.accessModes) : ''),
    },
    { name: 'StorageClass', type: 'string', description: 'StorageClass of the pvc', value: storageClassOf },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      description: 'VolumeAttributesClass of the pvc',
      value: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
    },
    ageColumn,
    {
      name: 'VolumeMode',
      type: 'string',
      priority: 1,
      description: 'File system or block device.',
      value: ({ spec }) => spec.volumeMode ?? '<unset>',
    },
  ],
}

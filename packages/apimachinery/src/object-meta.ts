import { duplicateFree } from './equality.ts'
import { type FieldError, forbiddenField, invalidValue, required, tooLong } from './field-error.ts'
import { type ManagedFieldsEntry, type ObjectMeta, type OwnerReference, parseApiVersion } from './meta.ts'
import {
  type NameCheck,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  validateLabelValue,
  validateQualifiedName,
} from './names.ts'
import { validateFieldManager } from './options.ts'

const maxAnnotationBytes = 256 * 1024
export const fieldIsImmutable = 'field is immutable'

export interface MetaRules {
  namespaced: boolean
  /** A DNS subdomain unless given. */
  validateName?: NameCheck
  /** Where the metadata stands: `metadata` unless given; `spec.template.metadata` and the like for nested ones. */
  field?: string
}

/** Every fault of an object's metadata when it is created. */
export function validateObjectMeta(
  meta: Partial<ObjectMeta>,
  { namespaced, validateName = nameIsDnsSubdomain, field = 'metadata' }: MetaRules,
): FieldError[] {
  const { name = '', generateName, namespace, generation = 0 } = meta
  const faults: FieldError[] = []
  if (generateName)
    for (const fault of validateName(generateName, true))
      faults.push(invalidValue(`${field}.generateName`, generateName, fault))
  if (name === '') faults.push(required(`${field}.name`, 'name or generateName is required'))
  else for (const fault of validateName(name, false)) faults.push(invalidValue(`${field}.name`, name, fault))

  if (!namespaced) {
    if (namespace) faults.push(forbiddenField(`${field}.namespace`, 'not allowed on this type'))
  } else if (!namespace) faults.push(required(`${field}.namespace`))
  else
    for (const fault of nameIsDnsLabel(namespace, false))
      faults.push(invalidValue(`${field}.namespace`, namespace, fault))

  if (generation < 0) faults.push(invalidValue(`${field}.generation`, generation, 'must be greater than or equal to 0'))
  return [
    ...faults,
    ...validateLabels(meta.labels, `${field}.labels`),
    ...validateAnnotations(meta.annotations, `${field}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${field}.finalizers`),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ]
}

const immutable = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** Every fault of metadata that is to replace `old`. */
export function validateObjectMetaUpdate(
  meta: Partial<ObjectMeta>,
  old: Partial<ObjectMeta>,
  field = 'metadata',
): FieldError[] {
  const faults: FieldError[] = []
  if (old.deletionTimestamp)
    faults.push(...validateNoNewFinalizers(meta.finalizers, old.finalizers, `${field}.finalizers`))
  if (!meta.resourceVersion)
    faults.push(invalidValue(`${field}.resourceVersion`, meta.resourceVersion ?? '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    faults.push(invalidValue(`${field}.generation`, meta.generation ?? 0, 'must not be decremented'))
  for (const key of immutable)
    if ((meta[key] ?? '') !== (old[key] ?? ''))
      faults.push(invalidValue(`${field}.${key}`, meta[key] ?? absent(key), fieldIsImmutable))
  return [
    ...faults,
    ...validateLabels(meta.labels, `${field}.labels`),
    ...validateAnnotations(meta.annotations, `${field}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ]
}

/** What Go shows for a value that is not there. */
const absent = (key: (typeof immutable)[number]): '' | null =>
  key === 'name' || key === 'namespace' || key === 'uid' ? '' : null

export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  const faults: FieldError[] = []
  for (const key in labels) {
    const value = labels[key] ?? ''
    faults.push(...validateLabelName(key, field))
    for (const fault of validateLabelValue(value)) faults.push(invalidValue(field, value, fault))
  }
  return faults
}

export const validateLabelName = (key: string, field: string): FieldError[] =>
  validateQualifiedName(key).map((fault) => invalidValue(field, key, fault))

export function validateAnnotations(annotations: Record<string, string> | undefined, field: string): FieldError[] {
  const faults: FieldError[] = []
  let size = 0
  for (const key in annotations) {
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '')
    for (const fault of validateQualifiedName(key.toLowerCase())) faults.push(invalidValue(field, key, fault))
  }
  if (size > maxAnnotationBytes) faults.push(tooLong(field, maxAnnotationBytes))
  return faults
}

function validateOwnerReferences(references: readonly OwnerReference[] = [], field: string): FieldError[] {
  const faults: FieldError[] = []
  let controller: OwnerReference | undefined
  for (const reference of references) {
    faults.push(...validateOwnerReference(reference, field))
    if (!reference.controller) continue
    if (controller)
      faults.push(
        invalidValue(
          field,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller.kind}/${controller.name} and ${reference.kind}/${reference.name}`,
        ),
      )
    else controller = reference
  }
  return faults
}

function validateOwnerReference(reference: OwnerReference, field: string): FieldError[] {
  const faults: FieldError[] = []
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference
  if (parseApiVersion(apiVersion).version === '')
    faults.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty'))
  if (!kind) faults.push(invalidValue(`${field}.kind`, kind, 'must not be empty'))
  if (!name) faults.push(invalidValue(`${field}.name`, name, 'must not be empty'))
  if (!uid) faults.push(invalidValue(`${field}.uid`, uid, 'must not be empty'))
  if (apiVersion === 'v1' && kind === 'Event')
    faults.push(invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner'))
  return faults
}

export function validateFinalizers(finalizers: readonly string[] = [], field: string): FieldError[] {
  const faults = finalizers.flatMap((finalizer) => validateLabelName(finalizer, field))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    faults.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  return faults
}

function validateNoNewFinalizers(
  finalizers: readonly string[] = [],
  old: readonly string[] = [],
  field: string,
): FieldError[] {
  const extra = duplicateFree(finalizers.filter((finalizer) => !old.includes(finalizer))).sort()
  if (extra.length === 0) return []
  const shown = extra.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  return [
    forbiddenField(
      field,
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`,
    ),
  ]
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[] = [], field: string): FieldError[] {
  return entries.flatMap(({ operation = '', fieldsType, manager = '', subresource = '' }, index) => {
    const at = `${field}[${index}]`
    const faults: FieldError[] = []
    if (operation !== 'Apply' && operation !== 'Update')
      faults.push(invalidValue(`${at}.operation`, operation, 'must be `Apply` or `Update`'))
    if (fieldsType && fieldsType !== 'FieldsV1')
      faults.push(invalidValue(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`'))
    faults.push(...validateFieldManager(manager, `${at}.manager`))
    if (Buffer.byteLength(subresource) > 256) faults.push(tooLong(`${at}.subresource`, 256))
    return faults
  })
}

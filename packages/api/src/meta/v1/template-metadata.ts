import {
  type FieldError,
  forbiddenField,
  type ObjectMeta,
  validateAnnotations,
  validateLabels,
} from '@tandem/apimachinery'

/** Fields of metadata that what is made from a template has of its own; upstream names them as its code does. */
const own: Readonly<Record<string, string>> = {
  name: 'name',
  generateName: 'generateName',
  namespace: 'namespace',
  selfLink: 'selfLink',
  uid: 'uID',
  resourceVersion: 'resourceVersion',
  generation: 'generation',
  creationTimestamp: 'creationTimestamp',
  deletionTimestamp: 'deletionTimestamp',
  deletionGracePeriodSeconds: 'deletionGracePeriodSeconds',
  ownerReferences: 'ownerReferences',
  finalizers: 'finalizers',
  managedFields: 'managedFields',
}

/** A template of a claim gives what is made from it labels and annotations, and nothing else. */
export function validateTemplateMetadata(field: string, metadata: Partial<ObjectMeta> = {}): FieldError[] {
  const given = metadata as Readonly<Record<string, unknown>>
  const isSet = (value: unknown): boolean =>
    value !== undefined && value !== '' && value !== 0 && !(Array.isArray(value) && value.length === 0)
  return [
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validateLabels(metadata.labels, `${field}.labels`),
    ...Object.entries(own)
      .filter(([name]) => isSet(given[name]))
      .map(([, shown]) => forbiddenField(`${field}.${shown}`, 'cannot be set')),
  ]
}

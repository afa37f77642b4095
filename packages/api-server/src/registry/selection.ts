import {
  badRequest,
  type FieldMatcher,
  type KubernetesObject,
  type LabelMatcher,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  printFieldMatcher,
  type ResourceDefinition,
  requiredField,
} from '@tandem/apimachinery'
import type { Selection, StoredEntry } from './store.ts'

/** A selection, parsed. */
export interface Selector {
  namespace: string
  /** The one name it can match, if it names one. */
  name: string | undefined
  /** Values that other fields must have: what watchers are indexed by. */
  required: readonly { field: string; value: string }[]
  /** Nothing but the namespace narrows it. */
  everything: boolean
  matches(entry: StoredEntry): boolean
}

const metaFields = ['metadata.name', 'metadata.namespace']

export function parseSelection<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { namespace = '', labelSelector = '', fieldSelector = '' }: Selection,
): Selector {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : undefined
  const fields = fieldSelector ? parseFieldSelector(fieldSelector) : undefined
  for (const { field } of fields?.requirements ?? []) checkField(definition, field)
  const inNamespace = namespace || (fields && requiredField(fields, 'metadata.namespace')) || ''
  return {
    namespace: inNamespace,
    name: fields && requiredField(fields, 'metadata.name'),
    required: (fields?.requirements ?? []).filter(
      ({ field, operator }) => operator === '=' && !metaFields.includes(field),
    ),
    everything: !labels && !fields,
    matches: matcher(inNamespace, labels, fields),
  }
}

function matcher(
  namespace: string,
  labels: LabelMatcher | undefined,
  fields: FieldMatcher | undefined,
): Selector['matches'] {
  return (entry) =>
    (namespace === '' || entry.namespace === namespace) &&
    (!labels || matchesLabels(labels, entry.labels)) &&
    (!fields || matchesFields(fields, entry.fields))
}

/** A field selector in the names of the stored form, for a version that is kept as another. */
export function storedFieldSelector<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  fieldSelector: string | undefined,
): string | undefined {
  if (!fieldSelector) return fieldSelector
  const names = definition.storedAs?.fieldNames ?? {}
  const requirements = parseFieldSelector(fieldSelector).requirements.map((requirement) => {
    checkField(definition, requirement.field)
    return { ...requirement, field: names[requirement.field] ?? requirement.field }
  })
  return printFieldMatcher({ requirements })
}

/** What of a field selector speaks of names alone: they are the same in every form. */
export function metaFieldSelector(fieldSelector: string): string | undefined {
  const requirements = parseFieldSelector(fieldSelector).requirements.filter(({ field }) => metaFields.includes(field))
  return requirements.length > 0 ? printFieldMatcher({ requirements }) : undefined
}

function checkField<T extends KubernetesObject>({ selectableFields }: ResourceDefinition<T>, field: string): void {
  if (metaFields.includes(field) || Object.hasOwn(selectableFields ?? {}, field)) return
  if (selectableFields) throw badRequest(`field label not supported: ${field}`)
  throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

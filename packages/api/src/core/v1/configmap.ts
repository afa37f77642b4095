import {
  type FieldError,
  invalidValue,
  type ResourceDefinition,
  tooLong,
  validateConfigMapKey,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { forbidImmutableChange, invalidEach } from './field-checks.ts'
import type { ConfigMap } from './types.ts'

/** ConfigMaps and Secrets carry at most this much. */
export const maxDataBytes = 1024 * 1024

export const decodedLength = (base64: string): number => Buffer.byteLength(base64, 'base64')

function validate(configMap: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  const { data = {}, binaryData = {} } = configMap
  for (const key of Object.keys(data)) {
    errors.push(...invalidEach(`data[${key}]`, key, validateConfigMapKey(key)))
    if (Object.hasOwn(binaryData, key))
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  }
  for (const key of Object.keys(binaryData))
    errors.push(...invalidEach(`binaryData[${key}]`, key, validateConfigMapKey(key)))
  const total =
    Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
    Object.values(binaryData).reduce((sum, value) => sum + decodedLength(value), 0)
  if (total > maxDataBytes) errors.push(tooLong('[]', maxDataBytes))
  return errors
}

function validateUpdate(configMap: ConfigMap, old: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  if (old.immutable) {
    errors.push(...forbidImmutableChange('immutable', configMap.immutable, true))
    errors.push(...forbidImmutableChange('data', configMap.data, old.data))
    errors.push(...forbidImmutableChange('binaryData', configMap.binaryData, old.binaryData))
  }
  return [...errors, ...validate(configMap)]
}

export const configMaps: ResourceDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.ConfigMap',
  validate,
  validateUpdate,
  columns: [
    nameColumn,
    {
      name: 'Data',
      type: 'string',
      description: 'Number of entries in data and binaryData.',
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
}

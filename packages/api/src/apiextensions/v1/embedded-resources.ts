import {
  type FieldError,
  invalidValue,
  type KubernetesObject,
  nameIsPathSegment,
  type ObjectMeta,
  required,
  validateDns1035Label,
  validateObjectMeta,
} from '@tandem/apimachinery'
import { DecodeError } from '@tandem/apimachinery/decode/decode-error'
import { objectDecoder } from '@tandem/apimachinery/decode/decoder'
import { builtInSchema } from '../../schema/schema.ts'
import { isMembers, leftOut, type Members, mapItems, mapMembers } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema } from './json-schema.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Metadata as every object has it: of the right types, and nothing besides. Throws DecodeError. */
export function decodeMetadata(value: unknown, unknown: string[], path: readonly string[] = ['metadata']): ObjectMeta {
  const decoder = objectDecoder(objectMeta, builtInSchema)
  return decoder.decode(value, { path: [...path], unknown, owner: '' }) as unknown as ObjectMeta
}

/** The value with the metadata of the resources in it decoded. */
export function withDecodedMetadata(value: unknown, schema: Schema | undefined, unknown: string[], path = ''): unknown {
  if (!schema) return value
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return mapItems(value, (item, index) => withDecodedMetadata(item, items, unknown, `${path}[${index}]`))
  }
  if (!isMembers(value)) return value
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  return mapMembers(value, (name, member) => {
    const field = path ? `${path}.${name}` : name
    if (isResource && name === 'metadata') return metadataOf(member, unknown, field)
    if (isResource && (name === 'apiVersion' || name === 'kind') && typeof member !== 'string') {
      const { message } = invalidValue(field, member, 'must be a string')
      throw new DecodeError(`${field}: ${message}`)
    }
    const child = propertyOf(schema, name) ?? additionalOf(schema)
    return withDecodedMetadata(member, child, unknown, field)
  })
}

function metadataOf(value: unknown, unknown: string[], field: string): unknown {
  if (value === null) return leftOut
  try {
    return decodeMetadata(value, unknown, [field])
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(`${field}: ${invalidValue(field, value, error.message).message}`)
  }
}

/** What is wrong with the resources in a value. */
export function embeddedFaults(value: unknown, schema: Schema | undefined, field = ''): FieldError[] {
  if (!schema) return []
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.flatMap((item, index) => embeddedFaults(item, items, `${field}[${index}]`)) : []
  }
  if (!isMembers(value)) return []
  const below = Object.entries(value).flatMap(([name, member]) => {
    const property = propertyOf(schema, name)
    if (property) return embeddedFaults(member, property, field ? `${field}.${name}` : name)
    return embeddedFaults(member, additionalOf(schema), `${field}[${name}]`)
  })
  return schema['x-kubernetes-embedded-resource'] ? [...resourceFaults(value, field), ...below] : below
}

function resourceFaults(value: Members, field: string): FieldError[] {
  const { apiVersion, kind, metadata } = value
  const errors: FieldError[] = []
  if (apiVersion === undefined) errors.push(required(`${field}.apiVersion`))
  if (kind === undefined) errors.push(required(`${field}.kind`))
  if (apiVersion === '') errors.push(invalidValue(`${field}.apiVersion`, '', 'must not be empty'))
  else if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    errors.push(invalidValue(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === '') errors.push(invalidValue(`${field}.kind`, '', 'must not be empty'))
  else if (typeof kind === 'string') {
    const faults = validateDns1035Label(kind.toLowerCase())
    const why = `may have mixed case, but should otherwise match: ${faults.join(',')}`
    if (faults.length > 0) errors.push(invalidValue(`${field}.kind`, kind, why))
  }
  if (isMembers(metadata)) {
    const meta = { ...metadata, name: metadata.name || 'fakename' } as KubernetesObject['metadata']
    const rules = { namespaced: Boolean(meta.namespace), validateName: nameIsPathSegment, field: `${field}.metadata` }
    errors.push(...validateObjectMeta(meta, rules))
  }
  return errors
}

import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { itemSchemas, itemsOf, type Schema } from './json-schema.ts'

const listTypes = ['atomic', 'set', 'map']
const mapTypes = ['atomic', 'granular']

/** How lists and maps merge, as far as the schema says it. */
export function validateListTypes(field: string, schema: Schema): FieldError[] {
  const { type = '' } = schema
  const listType = schema['x-kubernetes-list-type']
  const mapType = schema['x-kubernetes-map-type']
  const errors: FieldError[] = []
  const ofType = (wanted: string, by: string) => {
    const why = `must be ${wanted} if ${by} is specified`
    if (type !== wanted) errors.push(type ? invalidValue(`${field}.type`, type, why) : required(`${field}.type`, why))
  }
  if (mapType !== undefined) {
    ofType('object', 'x-kubernetes-map-type')
    if (!mapTypes.includes(mapType)) errors.push(notSupported(`${field}.x-kubernetes-map-type`, mapType, mapTypes))
  }
  if (listType !== undefined) {
    ofType('array', 'x-kubernetes-list-type')
    if (type === 'array' && listType === 'set') errors.push(...validateSetItems(field, schema))
    if (!listTypes.includes(listType)) errors.push(notSupported(`${field}.x-kubernetes-list-type`, listType, listTypes))
  }
  const mustBeMap = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (schema['x-kubernetes-list-map-keys']?.length && listType !== 'map')
    errors.push(
      listType === undefined
        ? required(`${field}.x-kubernetes-list-type`, mustBeMap)
        : invalidValue(`${field}.x-kubernetes-list-type`, listType, mustBeMap),
    )
  if (listType === 'map') errors.push(...validateMapKeys(field, schema))
  if (listType === 'map' || listType === 'set') errors.push(...validateKeyedItems(field, schema, listType))
  return errors
}

/** Items of a set are compared whole, so that what is in them cannot be owned apart. */
function validateSetItems(field: string, schema: Schema): FieldError[] {
  const items = itemsOf(schema)
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const { 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items ?? {}
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${field}.items.x-kubernetes-list-type`, listType, why)]
  if (items?.type === 'object' && mapType !== 'atomic')
    return [invalidValue(`${field}.items.x-kubernetes-map-type`, mapType ?? null, why)]
  return []
}

function validateMapKeys(field: string, schema: Schema): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const items = itemsOf(schema)
  const at = `${field}.x-kubernetes-list-map-keys`
  const errors: FieldError[] = []
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (schema.items === undefined)
    errors.push(required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map'))
  if (itemSchemas(schema).length > 0)
    errors.push(
      invalidValue(`${field}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'),
    )
  if (!items) return errors
  if (items.type !== 'object')
    return [
      ...errors,
      invalidValue(
        `${field}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ]
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (!property) errors.push(invalidValue(at, keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalidValue(
          `${field}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (keys.indexOf(key) < index) errors.push(invalidValue(at, keys, 'must not contain duplicate entries'))
  }
  return errors
}

function validateKeyedItems(field: string, schema: Schema, listType: string): FieldError[] {
  const items = itemsOf(schema)
  if (!items) return []
  const errors = items.nullable
    ? [forbiddenField(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)]
    : []
  if (listType !== 'map') return errors
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = items.properties?.[key]
    if (!property) continue
    const at = `${field}.items.properties[${key}]`
    const is = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!items.required?.includes(key) && property.default === undefined)
      errors.push(required(`${at}.default`, `${is} must have a default or be a required property`))
    if (property.nullable) errors.push(forbiddenField(`${at}.nullable`, `${is} cannot be nullable`))
  }
  return errors
}

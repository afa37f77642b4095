import { durationOf } from '@tandem/apimachinery/cel/duration'
import { isMembers, type Members } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema } from './json-schema.ts'
import { escapeName } from './schema-expressions.ts'

/** A value as rules see it: integers as integers, times as times, and of an object what its schema names. */
export function celValue(value: unknown, schema: Schema | undefined, { isResource = false } = {}): unknown {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema)
    return value.map((item) => celValue(item, items))
  }
  if (isMembers(value))
    return celMembers(value, schema, isResource || schema?.['x-kubernetes-embedded-resource'] === true)
  if (typeof value === 'number') return schema?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value
  return typeof value === 'string' ? celText(value, schema?.format) : value
}

function celMembers(value: Members, schema: Schema | undefined, isResource: boolean): Members {
  const result: Members = Object.create(null)
  const additional = schema && additionalOf(schema)
  for (const name in value) {
    const property = schema && propertyOf(schema, name)
    if (property) {
      const escaped = escapeName(name)
      if (escaped !== undefined) result[escaped] = celValue(value[name], property)
    } else if (additional || !schema?.properties) result[name] = celValue(value[name], additional)
  }
  if (!isResource) return result
  for (const name of ['apiVersion', 'kind'] as const) if (value[name] !== undefined) result[name] = value[name]
  const { name, generateName } = (value.metadata ?? {}) as Members
  result.metadata = { ...(name !== undefined && { name }), ...(generateName !== undefined && { generateName }) }
  return result
}

function celText(value: string, format: string | undefined): unknown {
  if (format === 'date-time' || format === 'date') {
    const time = new Date(value)
    return Number.isNaN(time.getTime()) ? value : time
  }
  if (format === 'duration') return durationOf(value) ?? value
  return format === 'byte' ? new Uint8Array(Buffer.from(value, 'base64')) : value
}

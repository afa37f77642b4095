import { set } from '../decode/decoder.ts'
import { badRequest } from '../errors.ts'
import { isObject, type Json } from './json-object.ts'

/** JSON merge patch (RFC 7386): null removes, objects merge, all else replaces. Neither argument is changed. */
export function applyMergePatch<T extends object>(object: T, patch: unknown): T {
  if (!isObject(patch)) throw badRequest('Invalid JSON Patch')
  return mergeObjects(object as Json, patch) as T
}

function mergeObjects(object: Json, patch: Json): Json {
  const merged: Json = { ...object }
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete merged[key]
    else set(merged, key, mergeValues(Object.hasOwn(object, key) ? object[key] : undefined, value))
  }
  return merged
}

const mergeValues = (value: unknown, patch: unknown): unknown =>
  isObject(patch) ? mergeObjects(isObject(value) ? value : {}, patch) : patch

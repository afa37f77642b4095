import { equalJson } from '@tandem/apimachinery'
import { isMembers } from './copied-members.ts'
import type { Schema } from './json-schema.ts'

/** The element of a list that has the same keys as another one. */
export function keyedElement(list: readonly unknown[], like: unknown, schema: Schema): unknown {
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  if (!isMembers(like)) return undefined
  return list.find((element) => isMembers(element) && names.every((name) => equalJson(element[name], like[name])))
}

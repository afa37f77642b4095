import type { TypeRef } from '@tandem/apimachinery'

const prefix = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'

/** Members of a JSON schema that may be one thing or another have types with a name and no structure. */
const members: Readonly<Record<string, string>> = {
  additionalItems: 'JSONSchemaPropsOrBool',
  additionalProperties: 'JSONSchemaPropsOrBool',
  default: 'JSON',
  dependencies: 'JSONSchemaPropsOrStringArray',
  enum: 'JSON',
  example: 'JSON',
  items: 'JSONSchemaPropsOrArray',
}

const descriptions: Readonly<Record<string, string>> = {
  JSON: 'JSON is any value of JSON.',
  JSONSchemaPropsOrArray: 'JSONSchemaPropsOrArray is a schema or a list of them.',
  JSONSchemaPropsOrBool: 'JSONSchemaPropsOrBool is a schema or a boolean.',
  JSONSchemaPropsOrStringArray: 'JSONSchemaPropsOrStringArray is a schema or a list of strings.',
}

/** The schema of a type that has no structure; undefined for all others. */
export function alternativeSchema(type: string): { description: string } | undefined {
  const description = type.startsWith(prefix) ? descriptions[type.slice(prefix.length)] : undefined
  return description === undefined ? undefined : { description }
}

/** The type of a field, with the name that it has where it may be anything. */
export function namedType(type: TypeRef, { owner, field }: { owner: string; field: string }): TypeRef {
  const name = owner === `${prefix}JSONSchemaProps` ? members[field] : undefined
  if (name === undefined) return type
  const ref: TypeRef = { kind: 'ref', name: prefix + name }
  return type.kind === 'list' || type.kind === 'map' ? { kind: type.kind, of: ref } : ref
}

import type { JSONSchemaProps } from './types.ts'

/** A schema, where the types say that anything may stand. */
export type Schema = JSONSchemaProps

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema of a list's items; a list of schemas is none. */
export const itemsOf = ({ items }: Schema): Schema | undefined => (isSchema(items) ? items : undefined)

export const itemSchemas = ({ items }: Schema): Schema[] => (Array.isArray(items) ? items.filter(isSchema) : [])

/** The schema of what no property names; `true` allows anything, and is none. */
export const additionalOf = ({ additionalProperties }: Schema): Schema | undefined =>
  isSchema(additionalProperties) ? additionalProperties : undefined

export const propertiesOf = ({ properties }: Schema): [string, Schema][] =>
  Object.entries(properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))

/** Names come from outside: `constructor` is no property of every object. */
export const propertyOf = ({ properties }: Schema, name: string): Schema | undefined =>
  properties && Object.hasOwn(properties, name) ? properties[name] : undefined

/** What `additionalProperties` describes: a schema, nothing in particular, or no more than the properties that are named. */
export const describesOthers = ({ additionalProperties }: Schema): boolean =>
  additionalProperties !== undefined && additionalProperties !== false

/** The junctors, with the path of each of their schemas. */
export function* junctorsOf(schema: Schema, field: string): Generator<{ schema: Schema; field: string }> {
  if (schema.not) yield { schema: schema.not, field: `${field}.not` }
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [index, each] of (schema[name] ?? []).entries())
      yield { schema: each, field: `${field}.${name}[${index}]` }
}

/** A schema and all below it. */
export function* schemasIn(schema: Schema): Generator<Schema> {
  yield schema
  const children = [
    itemsOf(schema),
    additionalOf(schema),
    ...itemSchemas(schema),
    ...propertiesOf(schema).map(([, each]) => each),
    ...[...junctorsOf(schema, '')].map((junctor) => junctor.schema),
  ]
  for (const child of children) if (child) yield* schemasIn(child)
}

const isIntOrString = (alternatives: readonly Schema[] | undefined): boolean =>
  alternatives?.length === 2 &&
  JSON.stringify(alternatives[0]) === '{"type":"integer"}' &&
  JSON.stringify(alternatives[1]) === '{"type":"string"}'

/** The one way in which types may stand below a junctor: numbers or strings, said as OpenAPI says it. */
export const isIntOrStringAnyOf = (schema: Schema): boolean => isIntOrString(schema.anyOf)
export const isIntOrStringAllOf = (schema: Schema): boolean => isIntOrString(schema.allOf?.[0]?.anyOf)

/** A path such as `.spec.a['b.c']` in a schema: the schema it leads to, or why it leads nowhere. */
export function schemaAt(
  path: string,
  schema: Schema,
  { brackets }: { brackets: boolean },
): { schema: Schema; steps: string[] } | { fault: string } {
  const steps: string[] = []
  let at: Schema | undefined = schema
  for (let rest = path; rest !== ''; ) {
    const [token = '', dotted, quoted] = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest) ?? []
    if (rest.startsWith('[') && !brackets) return { fault: 'array notation is not allowed' }
    if (token === '')
      return {
        fault: /^[.[]/.test(rest) ? 'unexpected end of JSON path' : `expected [ or . but got: ${rest.split(/[.[]/)[0]}`,
      }
    const name: string = dotted ?? (quoted ?? '').replace(/\\(.)/g, '$1')
    at = at.properties ? at.properties[name] : additionalOf(at)
    if (!at) return { fault: 'does not refer to a valid field' }
    steps.push(name)
    rest = rest.slice(token.length)
  }
  return { schema: at, steps }
}

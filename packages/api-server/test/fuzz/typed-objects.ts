import { builtInSchema, definitions } from '@tandem/api'
import type { ResourceDefinition, TypeRef } from '@tandem/apimachinery'
import fc from 'fast-check'
import type { Json } from './samples.ts'

export const kinds = (definitions as unknown as ResourceDefinition[]).filter(
  ({ verbs }) => !verbs || verbs.includes('create'),
)

export const collectionOf = ({ group, version, plural, scope }: ResourceDefinition): string =>
  `${group ? `/apis/${group}` : '/api'}/${version}${scope === 'Namespaced' ? '/namespaces/default' : ''}/${plural}`

/** Numbers from 0 to below 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const words: Readonly<Record<string, readonly unknown[]>> = {
  string: [
    '',
    'a',
    'web',
    'A_b',
    'x.y/z',
    '10.0.0.1',
    '10.0.0.0/8',
    '::1',
    'IPv4',
    'TCP',
    '*',
    'In',
    'Always',
    '/a',
    'metadata.name',
    'a b',
    'v1',
    'self.x',
  ],
  boolean: [true, false],
  int32: [0, 1, -1, 80, 65_536, 2_147_483_647],
  int64: [0, 1, -1, 2 ** 53],
  double: [0, 0.5, -1],
  bytes: ['', 'AAEC'],
  quantity: ['0', '1', '-1', '1Gi', '1m', '1e30', '0.0000001'],
  intOrString: [0, 80, -1, 'http', '50%', '', '101%'],
  time: ['2026-01-02T03:04:05Z'],
  microTime: ['2026-01-02T03:04:05.000006Z'],
  duration: ['1s', ''],
  any: [{}, 1, 'x', [], null],
  fieldsV1: [{}],
  rawExtension: [{}, { kind: 'A', apiVersion: 'v1' }],
}

function ofType(type: TypeRef, random: () => number, depth: number): unknown {
  if (type.kind === 'list')
    return Array.from({ length: Math.floor(random() * 3) }, () => ofType(type.of, random, depth + 1))
  if (type.kind === 'map')
    return random() < 0.3 ? {} : { [random() < 0.5 ? 'cpu' : 'a']: ofType(type.of, random, depth + 1) }
  if (type.kind === 'ref') return depth > 9 ? {} : structOf(type.name, random, depth + 1)
  const choices = words[type.kind] ?? []
  return choices[Math.floor(random() * choices.length)]
}

/** A struct with some of its fields, of the right types at least; fewer the deeper it is. */
function structOf(name: string, random: () => number, depth: number): Json {
  const object: Json = {}
  const share = depth < 2 ? 0.9 : depth < 5 ? 0.4 : 0.2
  for (const field of builtInSchema.type(name).fields.values()) {
    if (random() > (field.required ? 0.9 : share)) continue
    const allowed = field.enum && random() < 0.8 ? field.enum[Math.floor(random() * field.enum.length)] : undefined
    object[field.name] = allowed && field.type.kind === 'string' ? allowed : ofType(field.type, random, depth)
  }
  return object
}

/** An object of any kind, as its schema has it, and as no sound mind would. */
export const typedObject: fc.Arbitrary<{ definition: ResourceDefinition; object: Json }> = fc
  .tuple(fc.constantFrom(...kinds), fc.nat())
  .map(([definition, seed]) => {
    const random = randomFrom(seed)
    const {
      kind: _kind,
      apiVersion: _apiVersion,
      metadata: _metadata,
      ...rest
    } = structOf(definition.schema, random, 0)
    const named = random() < 0.8 ? { name: `n${seed % 20}` } : { generateName: 'g-' }
    return { definition, object: { metadata: { ...named, labels: { a: 'b' } }, ...rest } }
  })

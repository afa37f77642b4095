import { builtInSchema } from '@tandem/api'
import { decodeObject } from '@tandem/apimachinery/decode/decode'
import { printYaml } from '@tandem/apimachinery/wire/yaml'
import fc from 'fast-check'
import { encodeProtobuf } from '../../src/request/protobuf.ts'
import { type Json, samples } from './samples.ts'

/** Values that trip what reads them: prototypes, numbers without end, halves of characters, depth. */
const nasty: readonly unknown[] = [
  null,
  '',
  '\0',
  ' ',
  '__proto__',
  'constructor',
  '\ud800',
  '😀'.repeat(50),
  'x'.repeat(70_000),
  '../../etc',
  '%00',
  '-1',
  '1e400',
  '0x10',
  '1Gi',
  '1e-1000000',
  '9'.repeat(400),
  '2026-02-30T25:61:61Z',
  '275760-09-13T00:00:00.000000001Z',
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53 + 2,
  -(2 ** 63),
  true,
  false,
  [],
  {},
  [null],
  [[]],
  [{}],
  { '': '' },
  { $patch: 'delete' },
  { $patch: 'replace' },
  { $patch: 'merge' },
  { $patch: 1 },
  { $retainKeys: 'x' },
  { '$setElementOrder/containers': [{}], '$deleteFromPrimitiveList/finalizers': {} },
  { kind: 'List', apiVersion: 'v1', items: [{}] },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
]

const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map(nested) },
)

function nested(depth: number): unknown {
  let made: unknown = 1
  for (let level = 0; level < depth; level++) made = level % 2 ? [made] : { a: made }
  return made
}

/** Places in a value, but those far down. */
function placesOf(from: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof from !== 'object' || from === null || path.length > 12) return [path]
  return [path, ...Object.entries(from).flatMap(([key, below]) => placesOf(below, [...path, key]))]
}

function replaced(from: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(from) ? [...from] : typeof from === 'object' ? { ...from } : {}) as Json
  Object.defineProperty(copy, key, {
    value: replaced(copy[key], rest, by),
    enumerable: true,
    configurable: true,
    writable: true,
  })
  return copy
}

const sample = fc.constantFrom(...samples)

/** A sound object with some places of it spoilt. */
export const object: fc.Arbitrary<{ path: string; object: unknown }> = fc
  .tuple(
    sample,
    fc.array(fc.tuple(fc.nat(), value, fc.option(fc.constantFrom('__proto__', 'x', '', '$patch'))), { maxLength: 3 }),
  )
  .map(([{ path, object: sound }, changes]) => {
    let spoilt: unknown = sound
    for (const [at, by, added] of changes) {
      const places = placesOf(spoilt)
      const place = places[at % places.length] ?? []
      spoilt = replaced(spoilt, added === null ? place : [...place, added], by)
    }
    return { path, object: spoilt }
  })

/** What a line or a disk does to a text: cut, made longer, turned into other bytes, doubled. */
const damage: fc.Arbitrary<(sound: Buffer) => Buffer> = fc
  .tuple(
    fc.nat(),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom('none', 'none', 'none', 'cut', 'insert', 'overwrite', 'double'),
  )
  .map(([at, junk, how]) => (sound) => {
    const place = sound.length === 0 ? 0 : at % sound.length
    const [before, after] = [sound.subarray(0, place), sound.subarray(place)]
    if (how === 'cut') return before
    if (how === 'insert') return Buffer.concat([before, junk, after])
    if (how === 'overwrite') return Buffer.concat([before, junk, after.subarray(junk.length)])
    return how === 'double' ? Buffer.concat([sound, sound]) : sound
  })

const jsonText = (from: unknown): Buffer => Buffer.from(JSON.stringify(from) ?? '')

/** The text names a member twice. */
const twice = (text: Buffer): Buffer => Buffer.from(text.toString().replace(/"(\w+)":/, '"$1":1,"$1":'))

function yamlText(from: unknown): Buffer {
  try {
    return Buffer.from(typeof from === 'object' && from !== null ? printYaml(from) : String(from))
  } catch {
    return Buffer.from('a: &a [*a, *a]\nb: !!js/function x\n')
  }
}

/** Only what decodes has a form in protobuf. */
function protobufBytes(from: unknown, schema: string): Buffer {
  try {
    const decoded = decodeObject<Json>(from, { schema, registry: builtInSchema, fieldValidation: 'Ignore' }).object
    return encodeProtobuf(decoded) ?? jsonText(from)
  } catch {
    return Buffer.from('k8s\0')
  }
}

export interface Body {
  path: string
  type: string
  bytes: Buffer
}

const forms: Readonly<Record<string, (from: unknown, schema: string) => { type: string; bytes: Buffer }>> = {
  json: (from) => ({ type: 'application/json', bytes: jsonText(from) }),
  repeated: (from) => ({ type: 'application/json', bytes: twice(jsonText(from)) }),
  yaml: (from) => ({ type: 'application/yaml', bytes: yamlText(from) }),
  protobuf: (from, schema) => ({ type: 'application/vnd.kubernetes.protobuf', bytes: protobufBytes(from, schema) }),
  text: (from) => ({ type: 'text/plain; charset=utf-8', bytes: jsonText(from) }),
  merge: (from) => ({ type: 'application/merge-patch+json', bytes: jsonText(from) }),
  strategic: (from) => ({ type: 'application/strategic-merge-patch+json', bytes: jsonText(from) }),
  apply: (from) => ({ type: 'application/apply-patch+yaml', bytes: yamlText(from) }),
  applyJson: (from) => ({ type: 'application/apply-patch+yaml', bytes: jsonText(from) }),
}

/** A spoilt object in one of some forms, and that damaged. */
const bodyIn = (...names: string[]): fc.Arbitrary<Body> =>
  fc.tuple(object, fc.constantFrom(...names), damage).map(([{ path, object: spoilt }, name, harm]) => {
    const schema = samples.find((one) => one.path === path)?.schema ?? ''
    const { type, bytes } = forms[name]?.(spoilt, schema) ?? { type: '', bytes: Buffer.alloc(0) }
    return { path, type, bytes: harm(bytes) }
  })

export const body: fc.Arbitrary<Body> = bodyIn('json', 'json', 'repeated', 'yaml', 'protobuf', 'protobuf', 'text')

const pointer = fc.oneof(
  fc.constantFrom(
    '',
    '/',
    '/metadata/labels/a~1b',
    '/metadata/labels/-',
    '/spec/containers/0/image',
    '/spec/containers/-',
    '/spec/containers/01',
    '/spec/containers/99999999999999999999',
    '/spec/containers/-1',
    '/data/__proto__',
    '/data/__proto__/x',
    '/constructor/prototype/x',
    '/metadata/managedFields',
    '/metadata/managedFields/0/fieldsV1',
    '/metadata/~2',
    '/status/~',
    'metadata',
  ),
  fc.string().map((text) => `/${text}`),
)

const jsonPatch = fc.array(
  fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'increment'),
      path: pointer,
      from: pointer,
      value,
    },
    { requiredKeys: ['op'] },
  ),
  { maxLength: 4 },
)

export const patch: fc.Arbitrary<Body> = fc.oneof(
  fc.tuple(sample, fc.oneof(jsonPatch, value), damage).map(([{ path }, operations, harm]) => ({
    path,
    type: 'application/json-patch+json',
    bytes: harm(jsonText(operations)),
  })),
  bodyIn('merge', 'strategic'),
  bodyIn('apply', 'applyJson'),
)

const word = fc.oneof(
  fc.constantFrom('', 'true', 'false', '0', '1', '-1', '99999999999999999999', 'NaN', 'All', 'x'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const selector = fc.oneof(
  fc.constantFrom(
    'a',
    '!a',
    'a=b',
    'a!=b',
    'a in (b,c)',
    'a notin ()',
    'a in (',
    'a>1',
    'a<1',
    'a==b=c',
    ',',
    '(',
    'a in ((',
    'metadata.name=x',
    'metadata.name!=\\,',
    'spec.nodeName=',
    'status.phase=Running,',
    'x\\',
  ),
  fc.string({
    unit: fc.constantFrom('a', '=', '!', ',', '(', ')', ' ', 'in', 'notin', '<', '>', '\\', '.', '/', 'metadata.name'),
    maxLength: 12,
  }),
)

/** A query of parameters that the server knows, with values that it may not. */
export const query: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom('labelSelector', 'fieldSelector'), selector),
      fc.tuple(
        fc.constantFrom(
          'limit',
          'continue',
          'resourceVersion',
          'resourceVersionMatch',
          'dryRun',
          'fieldManager',
          'fieldValidation',
          'force',
          'pretty',
          'includeObject',
          'gracePeriodSeconds',
          'propagationPolicy',
          'orphanDependents',
          'sendInitialEvents',
          'allowWatchBookmarks',
          'timeoutSeconds',
          'timeout',
        ),
        word,
      ),
    ),
    { maxLength: 4 },
  )
  .map((pairs) =>
    new URLSearchParams(pairs.map(([name, text]) => [name, text.toWellFormed()] as [string, string])).toString(),
  )

const mediaType = fc.constantFrom(
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  '*/*',
  'text/html',
  ';;',
  'application/json;stream=watch',
)
const parameters = fc.constantFrom(
  '',
  ';as=Table;v=v1;g=meta.k8s.io',
  ';as=Table;v=v1beta1;g=meta.k8s.io',
  ';as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  ';as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  ';as=Table',
  ';q=0.5',
  ';q=x',
  ';as="Table;v=v1',
  ';=;',
)

export const accept: fc.Arbitrary<string> = fc
  .array(fc.tuple(mediaType, parameters), { minLength: 1, maxLength: 3 })
  .map((clauses) => clauses.map((clause) => clause.join('')).join(','))

const segment = fc.oneof(
  fc.constantFrom(
    'api',
    'apis',
    'v1',
    'apps',
    'namespaces',
    'default',
    'pods',
    'deployments',
    'watch',
    'status',
    'scale',
    'log',
    'proxy',
    '..',
    '.',
    '',
    '%2e%2e',
    '%00',
    '%',
    '%zz',
    '%ff',
    '__proto__',
    'constructor',
    'openapi',
    'v2',
    'v3',
    'healthz',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
)

export const path: fc.Arbitrary<string> = fc
  .array(segment, { maxLength: 8 })
  .map((segments) => `/${segments.join('/')}`)

import type { CustomType } from '@tandem/apimachinery'
import t from 'tap'
import { decoding } from '../../src/custom-resources/decoding.ts'
import { Codec } from '../../src/registry/entry.ts'
import { isUnchanged } from '../../src/registry/unchanged.ts'
import { configMap, configMaps } from './testing.ts'

const codec = new Codec(configMaps)
const object = configMap('ü', { labels: { app: 'x' }, data: { 'a"b': '\u2028' } })

t.test('the version is put in without parsing', async (t) => {
  const stored = codec.encode({ ...object, metadata: { ...object.metadata, resourceVersion: '5' } })
  const entry = codec.entry(stored, 42, codec.take(object))
  t.notMatch(stored.toString(), /resourceVersion/)
  t.same(entry.object(), {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    ...object,
    metadata: { ...object.metadata, resourceVersion: '42' },
  })
  t.same(codec.stored(entry), stored)
  t.match(codec.withRevision(entry, 43).object(), { metadata: { resourceVersion: '43' } })
  t.same(codec.entry(stored, 0, codec.take(object)).json, stored, 'and left out in a dry run')
})

t.test('what another version, or another schema, wrote is read as it is now', async (t) => {
  const custom = { ...decoding({ type: 'object', properties: { data: { type: 'object' } } }) } as CustomType
  const now = new Codec({ ...configMaps, custom })
  const earlier = new Codec({ ...configMaps, version: 'v1beta1' })
  const data = { data: {} } as Partial<typeof object>
  const rows: [string, Buffer, boolean][] = [
    ['this one', now.encode({ ...object, ...data, metadata: { ...object.metadata, generation: 1 } }), false],
    ['another version', earlier.encode({ ...object, ...data }), true],
    ['another schema', now.encode({ ...object, ...data, binaryData: {} } as typeof object), true],
  ]
  for (const [by, bytes, wanted] of rows) {
    const { stored, object: read, isStale } = now.read(bytes)
    t.equal(isStale, wanted, `${by}: whether it is to be written anew`)
    t.same(now.entry(stored, 7, now.take(read)).object(), {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      ...data,
      metadata: { ...object.metadata, generation: 1, resourceVersion: '7' },
    })
  }
})

t.test('what counts as a change', async (t) => {
  const managed = (time: string, more = {}) =>
    codec.encode({ ...object, ...more, metadata: { ...object.metadata, managedFields: [{ manager: 'm', time }] } })
  const rows: [string, Buffer, Buffer, boolean][] = [
    ['nothing', codec.encode(object), codec.encode(object), true],
    [
      'the order of members',
      codec.encode({ data: object.data, metadata: object.metadata } as never),
      codec.encode(object),
      true,
    ],
    ['the time of a manager', managed('2026-01-01T00:00:00Z'), managed('2026-01-01T00:00:01Z'), true],
    [
      'a value of the same length',
      managed('2026-01-01T00:00:00Z', { data: { a: '1' } }),
      managed('2026-01-01T00:00:00Z', { data: { a: '2' } }),
      false,
    ],
    ['a value', codec.encode(object), codec.encode({ ...object, data: {} }), false],
  ]
  for (const [name, next, old, expected] of rows) t.equal(isUnchanged(next, old), expected, name)
})

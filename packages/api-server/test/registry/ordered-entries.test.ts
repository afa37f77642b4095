import fc from 'fast-check'
import t from 'tap'
import { Entry } from '../../src/registry/entry.ts'
import { OrderedEntries } from '../../src/registry/ordered-entries.ts'

const entry = (name: string, revision = 1): Entry =>
  new Entry({ name, namespace: '', labels: {}, fields: {} }, revision, Buffer.alloc(0))

const name = fc.integer({ min: 0, max: 5000 }).map((n) => `n${n}`)

t.test('it is a sorted map, whatever happens to it', async (t) => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'set', 'delete'), name)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4000, size: 'max' }), name, name, (steps, from, to) => {
      const ordered = new OrderedEntries()
      const plain = new Map<string, Entry>()
      for (const [i, [what, key]] of steps.entries()) {
        if (what === 'set') {
          ordered.set(entry(key, i))
          plain.set(key, entry(key, i))
        } else {
          ordered.delete(key)
          plain.delete(key)
        }
      }
      const keys = [...plain.keys()].sort()
      const shown = (entries: Entry[]) => entries.map(({ key, revision }) => `${key}@${revision}`)
      const expected = (keys: string[]) => keys.map((key) => `${key}@${plain.get(key)?.revision}`)
      t.equal(ordered.size, plain.size)
      t.strictSame(shown(ordered.slice('')), expected(keys))
      t.strictSame(shown(ordered.slice(from, to)), expected(keys.filter((key) => key >= from && key < to)))
      for (const [, key] of steps.slice(0, 20)) t.equal(ordered.get(key)?.revision, plain.get(key)?.revision)
    }),
    { numRuns: 20 },
  )
})

t.test('filled in order, it is the same', async (t) => {
  const keys = Array.from({ length: 3000 }, (_, i) => String(10_000 + i))
  const ordered = new OrderedEntries()
  for (const key of keys) ordered.append(entry(key))
  t.same(
    ordered.slice('').map(({ key }) => key),
    keys,
  )
  t.same(
    ordered.slice('11000', '11003').map(({ key }) => key),
    ['11000', '11001', '11002'],
  )
  ordered.clear()
  t.same(ordered.slice(''), [])
})

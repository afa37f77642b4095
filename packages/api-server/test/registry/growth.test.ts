import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Change } from '../../src/registry/change.ts'
import { Codec, type Entry } from '../../src/registry/entry.ts'
import { OrderedEntries } from '../../src/registry/ordered-entries.ts'
import { PackedBytes } from '../../src/registry/packed-bytes.ts'
import { parseSelection } from '../../src/registry/selection.ts'
import type { WatchRequest } from '../../src/registry/store.ts'
import { Watcher } from '../../src/registry/watcher.ts'
import { Watchers } from '../../src/registry/watchers.ts'
import { type ConfigMap, configMaps, type Pod, pods } from './testing.ts'

const podCodec = new Codec(pods)
const podEntry = (name: string, nodeName: string, revision: number): Entry<Pod> => {
  const pod = { metadata: { name, namespace: 'default' }, spec: { nodeName } } as Pod
  return podCodec.entry(podCodec.encode(pod), revision, podCodec.take(pod))
}

const selections: readonly (readonly [name: string, select: (index: number) => Partial<WatchRequest>])[] = [
  ['by a field', (index) => ({ fieldSelector: `spec.nodeName=node-${index}` })],
  ['by name', (index) => ({ namespace: 'default', fieldSelector: `metadata.name=pod-${index}` })],
  ['by namespace', (index) => ({ namespace: index === 7 ? 'default' : `namespace-${index}` })],
]
for (const [name, select] of selections)
  t.test(`an event asks only those whom it concerns, of ten or ten thousand who watch ${name}`, async (t) => {
    for (const count of [10, 10_000]) {
      let asked = 0
      const watchers = new Watchers()
      const { signal } = new AbortController()
      for (let index = 0; index < count; index++) {
        const selector = parseSelection(pods, select(index))
        const matches: typeof selector.matches = (entry) => {
          asked++
          return selector.matches(entry)
        }
        watchers.add(new Watcher({ ...selector, matches }, { bookmarks: false, signal, onEnd() {} }))
      }
      const previous = podEntry('pod-7', 'node-7', 1)
      const current = podEntry('pod-7', 'node-7', 2)
      watchers.dispatch([new Change({ revision: 2, current, previous, last: () => previous })])
      t.equal(asked, 2, `before and after, one of ${count} watchers`)
    }
  })

t.test('a write moves as much, and looks at hardly more, among a hundred thousand objects', async (t) => {
  let looks = 0
  const entry = (index: number): Entry => {
    const key = `default/object-${String(index).padStart(6, '0')}`
    return {
      json: Buffer.alloc(0),
      get key() {
        looks++
        return key
      },
    } as unknown as Entry
  }
  const entries = new OrderedEntries()
  for (let index = 0; index < 100_000; index++) entries.append(entry(index * 2))
  looks = 0
  entries.set(entry(70_001))
  t.ok(looks < 50, `${looks} keys were looked at`)
})

t.test('what is held is at most twice the bytes of the objects, and a constant', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const codec = new Codec(configMaps)
  const object = (index: number): ConfigMap =>
    ({
      metadata: { name: `map-${index}`, namespace: 'default', labels: { app: 'test' } },
      data: { text: 'x'.repeat(500) },
    }) as unknown as ConfigMap
  const entries = new OrderedEntries()
  const { allocate } = new PackedBytes()
  const before = held()
  let bytes = 0
  for (let index = 0; index < 20_000; index++) {
    const stored = codec.encode(object(index))
    bytes += stored.byteLength
    entries.append(codec.entry(stored, index + 1, codec.take(codec.decode(stored)), allocate))
  }
  const grown = held() - before
  t.ok(grown < 2 * bytes + (4 << 20), `${grown} bytes for objects of ${bytes}`)
  t.equal(entries.size, 20_000)
})

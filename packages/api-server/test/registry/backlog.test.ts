import t from 'tap'
import { Backlog } from '../../src/registry/backlog.ts'
import { Entry } from '../../src/registry/entry.ts'
import { parseSelection } from '../../src/registry/selection.ts'
import { ObjectEvent } from '../../src/registry/watch-event.ts'
import { Watcher } from '../../src/registry/watcher.ts'
import { configMaps } from './testing.ts'

const selector = parseSelection(configMaps, {})
const event = (bytes: number) =>
  new ObjectEvent('ADDED', new Entry({ name: 'a', namespace: 'n', labels: {}, fields: {} }, 1, Buffer.alloc(bytes)))

const setUp = (limit: number) => {
  const backlog = new Backlog(limit)
  const open = (name: string, dropped: string[]) =>
    new Watcher(selector, {
      bookmarks: false,
      signal: new AbortController().signal,
      backlog,
      onDrop: () => dropped.push(name),
      onEnd: () => undefined,
    })
  return { backlog, open }
}

t.test('an event that several have yet to read counts once', async (t) => {
  const { backlog, open } = setUp(1000)
  const watchers = ['a', 'b', 'c'].map((name) => open(name, []))
  const shared = event(100)
  for (const watcher of watchers) watcher.push(shared)
  t.equal(backlog.bytes, 100)
  const [first, ...others] = watchers
  await first?.next()
  t.equal(backlog.bytes, 100)
  for (const watcher of others) await watcher.next()
  t.equal(backlog.bytes, 0)
})

t.test('where it is too much altogether, who is furthest behind is dropped', async (t) => {
  const { backlog, open } = setUp(1000)
  const dropped: string[] = []
  const [quick, slow, slowest] = ['quick', 'slow', 'slowest'].map((name) => open(name, dropped))
  const early = event(600)
  slowest?.push(early)
  for (const watcher of [slow, slowest]) watcher?.push(event(300))
  quick?.push(early)
  await quick?.next()
  t.equal(backlog.bytes, 1200)
  backlog.enforce()
  t.same(dropped, ['slowest'])
  t.equal(backlog.bytes, 300)
  t.match(await slowest?.next(), { done: true })
  t.match(await slow?.next(), { done: false })
})

t.test('one that lets more than its own pile up', async (t) => {
  const { backlog, open } = setUp(1 << 30)
  const dropped: string[] = []
  const watcher = open('slow', dropped)
  for (let i = 0; i < 17; i++) watcher.push(event(1 << 20))
  t.same(dropped, ['slow'])
  t.equal(backlog.bytes, 0)
  watcher.push(event(1))
  t.equal(backlog.bytes, 0, 'it takes nothing any more')
})

t.test('much is read in several batches', async (t) => {
  const { backlog, open } = setUp(1 << 30)
  const watcher = open('late', [])
  for (let i = 0; i < 3000; i++) watcher.push(event(1000))
  let read = 0
  let batches = 0
  for (; read < 3000; batches++) {
    const { value } = await watcher.next()
    t.ok(value.length <= 263)
    read += value.length
  }
  t.equal(batches, 12)
  t.same([backlog.bytes, watcher.unreadBytes], [0, 0])
})

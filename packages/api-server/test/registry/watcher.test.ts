import t from 'tap'
import { Entry } from '../../src/registry/entry.ts'
import { parseSelection } from '../../src/registry/selection.ts'
import { ObjectEvent } from '../../src/registry/watch-event.ts'
import { Watcher } from '../../src/registry/watcher.ts'
import { configMaps } from './testing.ts'

const selector = parseSelection(configMaps, {})
const event = (revision: number) =>
  new ObjectEvent(
    'ADDED',
    new Entry({ name: 'a', namespace: 'n', labels: {}, fields: {} }, revision, Buffer.from('{}')),
  )

function open(signal = new AbortController().signal) {
  const ended = { count: 0 }
  const watcher = new Watcher(selector, { bookmarks: false, signal, onEnd: () => ended.count++ })
  return { watcher, ended }
}

t.test('who reads too slowly is ended, and holds nothing any more', async (t) => {
  const { watcher, ended } = open()
  for (let i = 0; i < 30_000; i++) watcher.push(event(i))
  t.same(await watcher.next(), { done: true, value: undefined })
  t.equal(ended.count, 1)
})

t.test('what was queued before the end is still read', async (t) => {
  const { watcher, ended } = open()
  watcher.push(event(1))
  watcher.end()
  watcher.push(event(2))
  t.match(await watcher.next(), { done: false, value: [{ revision: 1 }] })
  t.match(await watcher.next(), { done: true })
  watcher.end()
  t.equal(ended.count, 1)
})

t.test('an abort ends it while it waits, and before it began', async (t) => {
  const abort = new AbortController()
  const { watcher, ended } = open(abort.signal)
  const next = watcher.next()
  abort.abort()
  t.match(await next, { done: true })
  t.equal(ended.count, 1)
  t.match(await open(abort.signal).watcher.next(), { done: true })
})

t.test('leaving the loop ends it', async (t) => {
  const { watcher, ended } = open()
  watcher.push(event(1))
  for await (const batch of watcher) if (batch.length > 0) break
  t.equal(ended.count, 1)
})

t.test('what a watch begins with comes in pieces, before what was pushed meanwhile, however much it is', async (t) => {
  const first = Array.from({ length: 50_000 }, (_, i) => (i % 2 === 0 ? event(i) : undefined))
  const signal = new AbortController().signal
  const watcher = new Watcher(selector, { bookmarks: false, signal, first, onEnd: () => {} })
  watcher.push(event(99_999))
  const seen: number[] = []
  let largest = 0
  for await (const batch of watcher) {
    largest = Math.max(largest, batch.length)
    for (const { revision } of batch) seen.push(revision)
    if (seen.at(-1) === 99_999) break
  }
  t.same(seen, [...Array.from({ length: 25_000 }, (_, i) => 2 * i), 99_999])
  t.ok(largest <= 500)
})

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Gate } from './gate.ts'
import { RecordedWatcher } from './recorded-watcher.ts'
import { type ConfigMap, collection, configMap, WriteRecord, writer } from './recorded-writer.ts'
import { serverProcess } from './server-process.ts'

const kills = Number(process.env.TANDEM_KILLS ?? 60)
const writers = 12

t.test(`an API server that is killed ${kills} times loses, doubles and tears nothing`, async (t) => {
  const server = await serverProcess()
  const gate = new Gate()
  const record = new WriteRecord()
  let going = true
  t.teardown(() => server.close())
  const list = async () => {
    const { body } = await server.ask('GET', collection)
    return (await body.json()) as { metadata: { resourceVersion: string }; items: ConfigMap[] }
  }

  await server.start()
  const from = Number((await list()).metadata.resourceVersion)
  const watchers = Array.from({ length: 3 }, () => new RecordedWatcher(server, from))
  const watching = watchers.map((watcher) => watcher.run())
  const writing = Array.from({ length: writers }, (_, id) => writer(id, { server, record, gate, going: () => going }))

  for (let kill = 0; kill < kills; kill++) {
    gate.open()
    await sleep(Math.random() * 300)
    gate.shut()
    await server.kill()
    // Some are killed while they start, as the store is being opened.
    if (kill % 8 === 0) await server.startBriefly(Math.random() * 800)
    await server.start()
    record.compare((await list()).items)
    if (record.faults.length > 0) break
  }
  going = false
  gate.open()
  await Promise.all(writing)
  const { items, metadata } = await list()
  record.compare(items)
  t.same(record.faults, [], 'what was acknowledged is there, whole, at revisions that grow')
  t.ok(record.acknowledged.length > kills * 5, `${record.acknowledged.length} writes were acknowledged`)

  const end = Number(metadata.resourceVersion)
  const { body } = await server.ask('POST', collection, configMap('end', 0))
  const { metadata: mark } = (await body.json()) as ConfigMap
  for (const watcher of watchers) {
    for (let tries = 0; watcher.position < Number(mark.resourceVersion) && tries < 300; tries++) await sleep(100)
    watcher.stop()
    t.same(watcher.faults, [], 'a watch is resumed from where it was, and its revisions grow')
    t.ok(watcher.resumed >= kills, `resumed ${watcher.resumed} times`)
    const seen = watcher.seen.filter(({ revision }) => revision <= end)
    t.same(seen, watchers[0]?.seen.slice(0, seen.length), 'all watchers see the same')
    const told = new Set(
      seen.map(({ name, outcome, revision }) => `${name} ${outcome} ${outcome === 'gone' ? '' : revision}`),
    )
    const missed = record.acknowledged.filter(
      ({ name, outcome, revision }) => !told.has(`${name} ${outcome} ${outcome === 'gone' ? '' : revision}`),
    )
    t.same(missed, [], 'every acknowledged write was told')
    const state = new Map(seen.map(({ name, revision, outcome }) => [name, { revision, outcome }]))
    const present = [...state]
      .filter(([, { outcome }]) => outcome !== 'gone')
      .map(([name, { revision }]) => [name, revision])
    const expected = items.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)])
    t.same(present.sort(), expected.sort(), 'what was told leads to what is there')
  }
  await server.kill()
  await Promise.all(watching)
})

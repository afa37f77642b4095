import type { Pool } from 'undici'
import { prepareControlPlane } from './control-plane.ts'
import { answersAt, connect, rateOf, send, timeOf } from './load.ts'
import { configMap, pod } from './objects.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { count, mebibytes, milliseconds, percentile, type Row, type Table } from './table.ts'

const sizes = { configMaps: 2000, gets: 10_000, pods: 5000, lists: 5, watchers: 100, writes: 500 }

/** One API server alone, over loopback, TLS and 32 connections, as the targets were measured. */
export async function apiServerTable(): Promise<Table> {
  const plane = (await prepareControlPlane()).start(['apiserver'])
  const pid = plane.processes.get('apiserver') ?? 0
  const pool = connect(plane)
  try {
    await answersAt(pool, '/readyz', performance.now())
    const idle = proportionalSetSize(pid)
    const rows: Row[] = []
    const measured = async (
      work: string,
      target: string,
      operations: number,
      run: (index: number) => Promise<unknown>,
    ) => {
      const before = processorTime(pid)
      const { perSecond, p50, p99 } = await rateOf(operations, run)
      const each = (processorTime(pid) - before) / operations
      const figure = `${count(perSecond)} /s, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, CPU ${each.toFixed(2)} ms`
      rows.push({ work, target, figure })
    }
    await send(pool, 'POST', '/api/v1/namespaces', { metadata: { name: 'bench' } })
    // No controller runs that would make it, and pods need one.
    await send(pool, 'POST', '/api/v1/namespaces/bench/serviceaccounts', { metadata: { name: 'default' } })
    const maps = '/api/v1/namespaces/bench/configmaps'
    const pods = '/api/v1/namespaces/bench/pods'
    await measured('create ConfigMaps of 1 KiB', '4,160 /s, p99 19 ms, CPU 0.38 ms', sizes.configMaps, (index) =>
      send(pool, 'POST', maps, configMap(`map-${index}`)),
    )
    await measured('get one object', '10,440 /s, p99 31 ms, CPU 0.15 ms', sizes.gets, () =>
      send(pool, 'GET', `${maps}/map-0`),
    )
    await measured('create pods of 4.4 KB', '2,960 /s, CPU 0.53 ms', sizes.pods, (index) =>
      send(pool, 'POST', pods, pod(`pod-${index}`)),
    )
    rows.push({
      work: `list ${count(sizes.pods)} pods`,
      target: '69 ms',
      figure: milliseconds(await timeOf(sizes.lists, () => send(pool, 'GET', pods))),
    })
    rows.push({
      work: 'the same in pages of 500',
      target: '89 ms',
      figure: milliseconds(await timeOf(sizes.lists, () => listPages(pool, pods))),
    })
    const watchers = connect(plane, sizes.watchers)
    try {
      rows.push(await watchBurst(pool, watchers, maps))
    } finally {
      await watchers.destroy()
    }
    rows.push({ work: 'memory before', target: '', figure: mebibytes(idle) })
    rows.push({ work: 'memory after all that', target: '154 MiB', figure: mebibytes(proportionalSetSize(pid)) })
    return { title: 'API server', rows }
  } finally {
    await pool.destroy()
    await plane.stop()
  }
}

async function listPages(pool: Pool, path: string): Promise<void> {
  let next = ''
  do {
    const bytes = await send(pool, 'GET', `${path}?limit=500&continue=${encodeURIComponent(next)}`)
    next = /"continue":"([^"]+)"/.exec(bytes.toString('latin1', 0, 2000))?.[1] ?? ''
  } while (next)
}

/** Events are lines, counted on every watcher; the first one also tells when it saw each object. */
async function watchBurst(pool: Pool, watchers: Pool, path: string): Promise<Row> {
  const { metadata } = JSON.parse((await send(pool, 'GET', `${path}?limit=1`)).toString())
  const wanted = sizes.watchers * sizes.writes
  const seenAt = new Map<string, number>()
  const answeredAt = new Map<string, number>()
  const all = Promise.withResolvers<void>()
  let events = 0
  const bodies = await Promise.all(
    Array.from({ length: sizes.watchers }, async (_, watcher) => {
      const query = `watch=true&resourceVersion=${metadata.resourceVersion}`
      const { body } = await watchers.request({ method: 'GET', path: `${path}?${query}` })
      // Destroyed at the end, by us.
      body.on('error', () => undefined)
      body.on('data', (chunk: Buffer) => {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) events++
        if (watcher === 0)
          for (const [, name = ''] of chunk.toString('latin1').matchAll(/"name":"(event-\d+)"/g))
            if (!seenAt.has(name)) seenAt.set(name, performance.now())
        if (events >= wanted) all.resolve()
      })
      return body
    }),
  )
  const started = performance.now()
  await rateOf(sizes.writes, async (index) => {
    await send(pool, 'POST', path, configMap(`event-${index}`))
    answeredAt.set(`event-${index}`, performance.now())
  })
  await Promise.race([all.promise, new Promise((resolve) => setTimeout(resolve, 30_000).unref())])
  const seconds = (performance.now() - started) / 1000
  for (const body of bodies) body.destroy()
  const delays = [...seenAt].map(([name, at]) => at - (answeredAt.get(name) ?? at))
  const missing = events < wanted ? `, ${count(wanted - events)} missing` : ''
  return {
    work: `watch, ${sizes.watchers} watchers x ${sizes.writes} writes`,
    target: '149,600 events/s',
    figure: `${count(events / seconds)} events/s, p99 ${milliseconds(percentile(delays, 0.99))} after the response${missing}`,
  }
}

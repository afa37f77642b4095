import { setTimeout } from 'node:timers/promises'
import type { Pool } from 'undici'
import type { ControlPlane } from './control-plane.ts'
import { connect, rateOf, send } from './load.ts'
import { configMap } from './objects.ts'
import { count, milliseconds, percentile, type Row } from './table.ts'

const watchers = 100
const patience = 30_000

export interface WatchOptions {
  plane: ControlPlane
  pool: Pool
  /** ConfigMaps of one namespace. */
  path: string
  writes: number
  /** As fast as they are answered, unless given. */
  perSecond?: number
  target: string
}

/** A hundred watchers see every write: how many events a second, and how long after the writer's own answer. */
export async function watched({ plane, pool, path, writes, perSecond, target }: WatchOptions): Promise<Row> {
  const prefix = `event-${perSecond ?? 'burst'}`
  const seen = await follow(plane, pool, path, prefix)
  const answeredAt = new Map<string, number>()
  const write = async (index: number): Promise<void> => {
    const name = `${prefix}-${index}`
    await send(pool, 'POST', path, configMap(name))
    answeredAt.set(name, performance.now())
  }
  const started = performance.now()
  if (perSecond === undefined) await rateOf(writes, write)
  else await paced(writes, perSecond, write)
  const events = await seen.all(writes * watchers)
  const seconds = (performance.now() - started) / 1000
  seen.stop()
  const delays = [...seen.at].map(([name, at]) => at - (answeredAt.get(name) ?? at))
  const after = `p50 ${milliseconds(percentile(delays, 0.5))}, p99 ${milliseconds(percentile(delays, 0.99))} after the response`
  const missing = events < writes * watchers ? `, ${count(writes * watchers - events)} missing` : ''
  return {
    work: `watch, ${watchers} watchers x ${writes} writes${perSecond === undefined ? '' : ` at ${perSecond}/s`}`,
    target,
    figure: `${perSecond === undefined ? `${count(events / seconds)} events/s, ` : ''}${after}${missing}`,
  }
}

async function paced(writes: number, perSecond: number, write: (index: number) => Promise<void>): Promise<void> {
  const started = performance.now()
  for (let index = 0; index < writes; index++) {
    const wait = started + (index * 1000) / perSecond - performance.now()
    if (wait > 0) await setTimeout(wait)
    await write(index)
  }
}

/** Events are lines, counted on every watcher; the first one also tells when it saw each object. */
async function follow(plane: ControlPlane, pool: Pool, path: string, prefix: string) {
  const { metadata } = JSON.parse((await send(pool, 'GET', `${path}?limit=1`)).toString())
  const connections = connect(plane, watchers)
  const at = new Map<string, number>()
  let events = 0
  let rest = ''
  const note = (chunk: Buffer): void => {
    const now = performance.now()
    const text = rest + chunk.toString('latin1')
    const end = text.lastIndexOf('\n') + 1
    for (const [, name = ''] of text.slice(0, end).matchAll(new RegExp(`"name":"(${prefix}-\\d+)"`, 'g')))
      if (!at.has(name)) at.set(name, now)
    rest = text.slice(end)
  }
  await Promise.all(
    Array.from({ length: watchers }, async (_, watcher) => {
      const query = `watch=true&resourceVersion=${metadata.resourceVersion}`
      const { body } = await connections.request({ method: 'GET', path: `${path}?${query}` })
      // Destroyed at the end, by us.
      body.on('error', () => undefined)
      body.on('data', (chunk: Buffer) => {
        if (watcher === 0) note(chunk)
        for (let line = chunk.indexOf(10); line >= 0; line = chunk.indexOf(10, line + 1)) events++
      })
    }),
  )
  return {
    at,
    async all(wanted: number): Promise<number> {
      for (const deadline = performance.now() + patience; events < wanted && performance.now() < deadline; )
        await setTimeout(2)
      return events
    },
    stop: () => void connections.destroy(),
  }
}

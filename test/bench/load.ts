import { type Dispatcher, Pool } from 'undici'
import type { ControlPlane } from './control-plane.ts'
import { percentile } from './table.ts'

const connections = 32

export const connect = ({ plan, credentials }: ControlPlane, width = connections): Pool =>
  new Pool(`https://127.0.0.1:${plan.ports.apiServer}`, {
    connections: width,
    allowH2: false,
    bodyTimeout: 0,
    connect: credentials,
  })

/** Sends one request and reads its answer to the end; throws where that is no success. */
export async function send(pool: Pool, method: Dispatcher.HttpMethod, path: string, body?: object): Promise<Buffer> {
  const answer = await pool.request({
    method,
    path,
    headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    body: body ? JSON.stringify(body) : null,
  })
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${bytes.toString()}`)
  return bytes
}

export interface Rate {
  perSecond: number
  p50: number
  p99: number
}

/** `count` requests, as many at once as there are connections. */
export async function rateOf(count: number, request: (index: number) => Promise<unknown>): Promise<Rate> {
  const latencies: number[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const sent = performance.now()
      await request(index)
      latencies.push(performance.now() - sent)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: connections }, lane))
  const perSecond = (count * 1000) / (performance.now() - started)
  return { perSecond, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

/** The median time of several runs, after one that warms up. */
export async function timeOf(runs: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let run = 0; run <= runs; run++) {
    const started = performance.now()
    await work()
    if (run > 0) times.push(performance.now() - started)
  }
  return percentile(times, 0.5)
}

/** Polls until the path answers with success. Milliseconds since `started`. */
export async function answersAt(pool: Pool, path: string, started: number): Promise<number> {
  const deadline = performance.now() + 60_000
  for (;;) {
    try {
      await send(pool, 'GET', path)
      return performance.now() - started
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

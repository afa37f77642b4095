import { Registry } from 'prom-client'
import t from 'tap'
import { collectProcessMetrics } from '../../src/metrics/process-metrics.ts'

const metric = (text: string, name: string): number => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])

/** Until so much processor time was had, however long that takes on a busy machine. */
const spend = (milliseconds: number): void => {
  for (const start = process.cpuUsage(); ; ) {
    const { user, system } = process.cpuUsage(start)
    if (user + system > milliseconds * 1000) return
  }
}

const busy = (milliseconds: number): void => {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

t.test('a process tells of itself', async (t) => {
  const registry = new Registry()
  collectProcessMetrics(registry)
  const first = await registry.metrics()
  for (const name of ['process_resident_memory_bytes', 'process_open_fds', 'nodejs_heap_size_used_bytes'])
    t.ok(metric(first, name) > 0, name)
  t.ok(Math.abs(metric(first, 'process_start_time_seconds') - (Date.now() / 1000 - process.uptime())) < 2)

  await t.test('its processor time grows by what it spends', async (t) => {
    spend(60)
    const spent = metric(await registry.metrics(), 'process_cpu_seconds_total')
    const before = metric(first, 'process_cpu_seconds_total')
    t.ok(spent - before >= 0.06 && spent < process.uptime() * 8, `${before} to ${spent}`)
  })

  await t.test('a turn of the event loop that took long is seen, once', async (t) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    await registry.metrics()
    setTimeout(busy, 1, 80)
    await new Promise((resolve) => setTimeout(resolve, 120))
    t.ok(metric(await registry.metrics(), 'nodejs_eventloop_lag_max_seconds') > 0.06)
  })
})

import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

const nanosecondsPerSecond = 1e9

/**
 * What a process tells of itself, read when asked: nothing here wakes a process that has nothing to do. The event loop's delay is
 * taken once a turn, over the time since the last reading.
 */
export function collectProcessMetrics(registry: Registry): void {
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })

  let counted = process.cpuUsage()
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage(counted)
      counted = process.cpuUsage()
      this.inc((user + system) / 1e6)
    },
  }).inc((counted.user + counted.system) / 1e6)
  const startedAt = Date.now() / 1000 - process.uptime()
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => startedAt)
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss())
  gauge('process_open_fds', 'Number of open file descriptors.', () => readdirSync('/proc/self/fd').length)
  gauge('nodejs_heap_size_used_bytes', 'Heap in use in bytes.', () => process.memoryUsage().heapUsed)
  gauge('nodejs_heap_size_total_bytes', 'Heap reserved in bytes.', () => process.memoryUsage().heapTotal)
  gauge('nodejs_external_memory_bytes', 'Memory of buffers in bytes.', () => process.memoryUsage().external)

  const delay = monitorEventLoopDelay({ samplePerIteration: true })
  delay.enable()
  gauge('nodejs_eventloop_lag_mean_seconds', 'Mean delay of the event loop.', () => delay.mean / nanosecondsPerSecond)
  gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop that 1% of its turns passed.', () => {
    return delay.percentile(99) / nanosecondsPerSecond
  })
  gauge('nodejs_eventloop_lag_max_seconds', 'Longest delay of the event loop.', () => {
    const longest = delay.max / nanosecondsPerSecond
    delay.reset()
    return longest
  })
}

import type { Pool } from 'undici'
import { prepareControlPlane } from './control-plane.ts'
import { answersAt, connect, rateOf, send, timeOf } from './load.ts'
import { configMap, pod } from './objects.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { count, mebibytes, milliseconds, type Row, type Table } from './table.ts'
import { watched } from './watching.ts'

const sizes = {
  configMaps: 2000,
  gets: 10_000,
  pods: 5000,
  lists: 5,
  burst: 500,
  paced: { writes: 300, perSecond: 20 },
}

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
    rows.push(
      await watched({ plane, pool, path: maps, writes: sizes.burst, target: '149,600 events/s, p99 68 ms after' }),
      await watched({ plane, pool, path: maps, ...sizes.paced, target: 'p50 0.48 ms, p99 2.65 ms after' }),
    )
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

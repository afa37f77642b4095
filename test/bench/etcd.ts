import { EtcdBackend } from '@tandem/storage/etcd/etcd-backend'
import { etcdBinary, startEtcd } from '@tandem/storage/testing/etcd-server'
import { rateOf } from './load.ts'
import { count, milliseconds, type Row, type Table } from './table.ts'

const operations = 5000
const value = Buffer.alloc(1024, 'x')

/** The store over one real etcd on this disk. Everything is 1 KiB, with as many requests at once as the load of other tables has. */
export async function etcdTable(): Promise<Table> {
  const title = 'Store over etcd'
  if (!etcdBinary()) return { title, rows: [{ work: 'etcd is not on the PATH', target: '', figure: '' }] }
  const etcd = await startEtcd()
  const backend = await EtcdBackend.open({ servers: [etcd.url], prefix: '/bench' })
  try {
    const rows: Row[] = []
    const measured = async (work: string, run: (index: number) => Promise<unknown>) => {
      const before = process.cpuUsage()
      const { perSecond, p50, p99 } = await rateOf(operations, run)
      const { user, system } = process.cpuUsage(before)
      const each = (user + system) / 1000 / operations
      const figure = `${count(perSecond)} /s, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, CPU ${each.toFixed(2)} ms`
      rows.push({ work, target: '', figure })
    }
    const revisions: number[] = []
    await measured('create keys', async (index) => {
      revisions[index] = (await backend.create(`/k/${index}`, value)).revision
    })
    await measured('compare and swap', (index) => backend.update(`/k/${index}`, value, revisions[index] ?? 0))
    await measured('get', (index) => backend.get(`/k/${index}`))
    await measured('learn the present revision', () => backend.currentRevision())
    const started = performance.now()
    await backend.list('/k/')
    rows.push({ work: `list ${count(operations)} keys`, target: '', figure: milliseconds(performance.now() - started) })
    return { title, rows }
  } finally {
    await backend.close()
    await etcd.remove()
  }
}

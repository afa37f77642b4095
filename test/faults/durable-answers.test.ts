import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readTrace, strace, whyNoTrace } from '../../packages/storage/test/power-cut/trace.ts'
import { collection, configMap } from './recorded-writer.ts'
import { serverProcess } from './server-process.ts'

const writes = 40

t.test(
  'no answer leaves the API server before its write is on the disk',
  { skip: whyNoTrace() ?? false },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-durable-'))
    const trace = join(directory, 'trace')
    const server = await serverProcess({ wrapper: strace(trace) })
    t.teardown(async () => {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    })
    await server.start()
    // One after the other, so that what leaves the server after a write reached the log can only be its answer.
    for (let i = 0; i < writes; i++) {
      const { code, body } = await server.ask('POST', collection, configMap(`durable-${i}-th`, 0))
      await body.dump()
      t.equal(code, 201)
    }
    await server.kill()

    const synced: string[] = []
    const early: string[] = []
    let current: { name: string; log: string; state: 'in the log' | 'being synced' | 'on the disk' } | undefined
    for await (const { at, call } of readTrace(trace)) {
      const { name, target, texts } = call
      const isLog = target.endsWith('.log')
      const [, written] = /"name":"(durable-\d+-th)"/.exec(isLog && name === 'write' ? `${texts[0]}` : '') ?? []
      if (written && at === 'end') current = { name: written, log: target, state: 'in the log' }
      else if (!current) continue
      else if (name === 'fdatasync' && target === current.log) {
        if (at === 'begin' && current.state === 'in the log') current.state = 'being synced'
        if (at === 'end' && current.state === 'being synced') current.state = 'on the disk'
      } else if (at === 'begin' && name.startsWith('write') && /^(socket|TCP)/.test(target)) {
        if (current.state === 'on the disk') synced.push(current.name)
        else early.push(`${current.name} was answered when it was ${current.state}`)
        current = undefined
      }
    }
    t.same(early, [])
    t.same(
      synced,
      Array.from({ length: writes }, (_, i) => `durable-${i}-th`),
      'every write was seen',
    )
  },
)

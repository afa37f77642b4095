import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { backendSuite } from '../../src/testing/backend-suite.ts'

const directories = new Map<unknown, string>()
const interval = 5
let now = 1_000_000

async function openIn(directory: string): Promise<LevelBackend> {
  const backend = await LevelBackend.open({ directory, interval, now: () => now })
  directories.set(backend, directory)
  return backend
}

backendSuite(t, {
  async open(t) {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-level-'))
    t.teardown(() => rm(directory, { recursive: true, force: true }))
    return openIn(directory)
  },
  async reopen(backend) {
    await backend.close()
    const again = await openIn(directories.get(backend) ?? '')
    t.teardown(() => again.close())
    return again
  },
  async advance(milliseconds) {
    now += milliseconds
    await new Promise((resolve) => setTimeout(resolve, 20 * interval))
  },
})

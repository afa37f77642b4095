import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Backend } from '../../src/backend.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { backendSuite } from '../../src/testing/backend-suite.ts'

/** Each with the directory it lies in. */
const opened = new Map<Backend, string>()
const interval = 5
let now = 1_000_000

async function openIn(directory: string): Promise<LevelBackend> {
  const backend = await LevelBackend.open({ directory, interval, reserveBytes: 1 << 20, now: () => now })
  opened.set(backend, directory)
  return backend
}

backendSuite(t, {
  async open(t) {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-level-'))
    t.teardown(async () => {
      for (const [backend, where] of opened) if (where === directory) await backend.close()
      await rm(directory, { recursive: true, force: true })
    })
    return openIn(directory)
  },
  async reopen(backend) {
    await backend.close()
    return openIn(opened.get(backend) ?? '')
  },
  async advance(milliseconds) {
    now += milliseconds
    await new Promise((resolve) => setTimeout(resolve, 20 * interval))
  },
})

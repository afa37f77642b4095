import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { linearizabilitySuite } from '../../src/testing/linearizability-suite.ts'

linearizabilitySuite(t, {
  prefix: '/p/',
  async open(t) {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-level-'))
    const backend = await LevelBackend.open({ directory })
    t.teardown(async () => {
      await backend.close()
      await rm(directory, { recursive: true, force: true })
    })
    return [backend]
  },
})

import { run } from '../e2e/kubectl.ts'
import { ensureArchive } from './image.ts'

/** What the tests of machines need and cannot get from inside a lab host. */
await run('bash', ['scripts/setup', 'lab'], { timeoutMs: 300_000 })
await ensureArchive()

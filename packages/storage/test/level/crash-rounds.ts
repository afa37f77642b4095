import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Backend } from '../../src/backend.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'

export interface Acknowledged {
  revision: number
  generation: string
}

/** Lets a writer run for a while and kills it; returns what it had been told, in order. */
async function killedWriter(
  directory: string,
  { run, milliseconds }: { run: number; milliseconds: number },
): Promise<[key: string, Acknowledged][]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), directory, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const started = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      resolve()
    })
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await started
  await sleep(Math.random() * milliseconds)
  child.kill('SIGKILL')
  await ended
  return acknowledgedIn(output)
}

/** What a writer printed; the last line may be torn by the kill. */
export const acknowledgedIn = (output: string): [key: string, Acknowledged][] =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [key = '', revision, generation = ''] = line.split(' ')
      return [key, { revision: Number(revision), generation }]
    })

/** What was acknowledged and is not there, or is there in a state that nobody wrote after it. */
export async function findLost(backend: Backend, last: ReadonlyMap<string, Acknowledged>): Promise<string[]> {
  const lost: string[] = []
  for (const [key, { revision, generation }] of last) {
    const entry = await backend.get(key)
    const there = entry ? Buffer.from(entry.value).toString().split(' ')[0] : 'gone'
    // One more write than was acknowledged may have reached the disk: its writer was killed before it was told.
    const kept = entry ? entry.modRevision >= revision : generation === 'gone' || there === 'gone'
    const whole = there === 'gone' || Number(there) === Number(generation) || Number(there) === Number(generation) + 1
    const ended = there === 'gone' && generation !== 'gone' && generation !== '5'
    if (!kept || !whole || ended) lost.push(`${key}: ${generation} at ${revision}, found ${there}`)
  }
  return lost
}

/** Kills a process that writes to one store, again and again: nothing that was acknowledged is lost, and nothing is there in part. */
export async function crashRounds(
  t: Test,
  { rounds, milliseconds }: { rounds: number; milliseconds: number },
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-crash-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const last = new Map<string, Acknowledged>()
  let revision = 0
  let total = 0
  for (let round = 0; round < rounds; round++) {
    const acknowledged = await killedWriter(directory, { run: round, milliseconds })
    total += acknowledged.length
    for (const [key, what] of acknowledged) {
      if (what.revision <= revision) t.fail(`revision ${what.revision} came after ${revision}`)
      revision = what.revision
      last.set(key, what)
    }
    const backend = await LevelBackend.open({ directory })
    // Of many rounds, most look at what was written lately alone: the rest does not change.
    const thorough = rounds < 10 || round % 10 === 9 || round === rounds - 1
    t.same(await findLost(backend, thorough ? last : new Map([...last].slice(-500))), [], `round ${round}`)
    if (thorough) await checkIntegrity(t, backend)
    revision = await backend.currentRevision()
    await backend.close()
  }
  t.ok(total > rounds * 10, `${total} writes were acknowledged`)
}

/** Every key has a whole value, and the log tells the same story as the state. */
async function checkIntegrity(t: Test, backend: LevelBackend): Promise<void> {
  const compacted = await backend.compactedRevision()
  const current = await backend.currentRevision()
  const { entries } = await backend.list('/')
  t.equal(entries.length, await backend.count('/'), 'every key has a value')
  const past = compacted > 0 ? await backend.list('/', { revision: compacted }) : { entries: [] }
  const state = new Map(past.entries.map(({ key, modRevision }) => [key, modRevision]))
  let previous = compacted
  const signal = new AbortController().signal
  for await (const batch of backend.watch('/', { fromRevision: Math.max(compacted, 1), progress: true, signal })) {
    for (const { type, key, revision } of batch.events) {
      if (revision <= previous) t.fail(`revision ${revision} follows ${previous}`)
      previous = revision
      if (type === 'delete') state.delete(key)
      else state.set(key, revision)
    }
    if (batch.revision >= current) break
  }
  if (compacted === 0) return
  const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1))
  t.same(
    sorted,
    entries.map(({ key, modRevision }) => [key, modRevision]),
    'history leads to the present',
  )
}

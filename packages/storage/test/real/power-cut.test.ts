import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { type Acknowledged, acknowledgedIn, findLost } from '../level/crash-rounds.ts'
import { Disk, type Loss } from '../power-cut/disk.ts'
import { type Moment, readTrace, strace, whyNoTrace } from '../power-cut/trace.ts'

const base = await mkdtemp(join(tmpdir(), 'tandem-power-'))
t.teardown(() => rm(base, { recursive: true, force: true }))
const store = join(base, 'store')
const writer = join(import.meta.dirname, '../level/crash-writer.ts')
const runs = 2
const writes = 900
const losses: Loss[] = ['all that was not synced', 'torn bytes', 'torn names']
const skip = whyNoTrace() ?? false

/** Lets writers write, large values too, so that LevelDB changes logs and merges tables, and ends them without a word. */
async function traced(run: number): Promise<string> {
  const output = join(base, `trace-${run}`)
  const [command = '', ...args] = [
    ...strace(output),
    process.execPath,
    writer,
    store,
    String(run),
    String(writes),
    '40',
  ]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'close')
  return output
}

/** Everything the traced processes did, in order. */
async function* history(traces: readonly string[]): AsyncGenerator<Moment> {
  for (const trace of traces) yield* readTrace(trace)
}

const isAnswer = ({ at, call }: Moment): boolean =>
  at === 'begin' && call.name === 'write' && call.shown.startsWith('1<')

t.test('a power cut at any moment', { skip }, async (t) => {
  const traces: string[] = []
  for (let run = 0; run < runs; run++) traces.push(await traced(run))
  let moments = 0
  let answers = 0
  for await (const moment of history(traces)) {
    moments++
    if (isAnswer(moment)) answers++
  }
  t.equal(answers, runs * writes)

  const disk = new Disk(store, Math.random)
  const acknowledged = new Map<string, Acknowledged>()
  let cuts = 0
  let seen = 0
  const lost: string[] = []
  const sampled = 12 / moments
  const changesOfNames = /^(openat|rename|unlink)/
  for await (const moment of history(traces)) {
    seen++
    const changed = disk.take(moment)
    // The disk loses its power as the answer begins to leave.
    if (isAnswer(moment))
      for (const [key, what] of acknowledgedIn(moment.call.texts[0]?.toString() ?? '')) acknowledged.set(key, what)
    const chosen =
      Math.random() < sampled ||
      (isAnswer(moment) && Math.random() < 8 / answers) ||
      (changed && changesOfNames.test(moment.call.name) && Math.random() < 0.3)
    if (!chosen) continue
    cuts++
    for (const loss of losses) {
      const image = join(base, 'image')
      await disk.cut(image, loss)
      lost.push(...(await lostIn(image, acknowledged)).map((what) => `${loss}, at ${seen} of ${moments}: ${what}`))
      await rm(image, { recursive: true, force: true })
    }
  }
  t.ok(cuts > 15, `${cuts} cuts, each with ${losses.length} kinds of loss`)
  t.same(lost, [], 'the store opens, and every acknowledged write is in it')
})

async function lostIn(directory: string, acknowledged: ReadonlyMap<string, Acknowledged>): Promise<string[]> {
  try {
    const backend = await LevelBackend.open({ directory, integrityCheck: 'deep' })
    try {
      return await findLost(backend, acknowledged)
    } finally {
      await backend.close()
    }
  } catch (error) {
    return [String(error)]
  }
}

t.test('this test finds a write that was not synced', { skip }, async (t) => {
  const disk = new Disk(store, Math.random)
  const acknowledged = new Map<string, Acknowledged>()
  for await (const moment of history([join(base, 'trace-0')])) {
    if (!/^f(data)?sync$/.test(moment.call.name) || !moment.call.target.endsWith('.log')) disk.take(moment)
    if (isAnswer(moment))
      for (const [key, what] of acknowledgedIn(moment.call.texts[0]?.toString() ?? '')) acknowledged.set(key, what)
  }
  const image = join(base, 'unsynced')
  await disk.cut(image, 'all that was not synced')
  t.not((await lostIn(image, acknowledged)).length, 0)
})

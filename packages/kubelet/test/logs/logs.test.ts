import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { criLine, followJsonLog } from '../../src/container-runtime/docker/json-log.ts'
import { RotatingLog } from '../../src/logs/rotating-log.ts'

const root = await mkdtemp(join(tmpdir(), 'kubelet-logs-'))
t.teardown(() => rm(root, { recursive: true, force: true }))
let serial = 0
const directory = async () => mkdtemp(join(root, `${serial++}-`))

const timeOf = (number: number): string => `2026-01-01T00:00:00.${String(number).padStart(9, '0')}Z`
const entry = (number: number, log = `line ${number}\n`, stream = 'stdout'): string =>
  `${JSON.stringify({ log, stream, time: timeOf(number) })}\n`

t.test("an entry of the engine is a line of CRI's format", async (t) => {
  t.equal(criLine({ log: 'whole\n', stream: 'stdout', time: 'T' }), 'T stdout F whole\n')
  t.equal(criLine({ log: 'first part of ', stream: 'stderr', time: 'T' }), 'T stderr P first part of \n')
  t.equal(criLine({ log: '\n', stream: 'stdout', time: 'T' }), 'T stdout F \n')
})

async function collect(path: string, after?: string): Promise<string> {
  const ended = new AbortController()
  ended.abort()
  const chunks: Buffer[] = []
  const signal = new AbortController().signal
  for await (const lines of followJsonLog({ path, after, ended: ended.signal, signal })) chunks.push(lines)
  return Buffer.concat(chunks).toString()
}

t.test('a log of a container that has ended is read whole, with what it was rotated to', async (t) => {
  const path = join(await directory(), 'c-json.log')
  await writeFile(`${path}.2`, entry(1) + entry(2))
  await writeFile(`${path}.1`, entry(3))
  await writeFile(path, entry(4, 'Ärger 🙂\n') + entry(5, 'cut', 'stderr'))
  t.same((await collect(path)).split('\n'), [
    `${timeOf(1)} stdout F line 1`,
    `${timeOf(2)} stdout F line 2`,
    `${timeOf(3)} stdout F line 3`,
    `${timeOf(4)} stdout F Ärger 🙂`,
    `${timeOf(5)} stderr P cut`,
    '',
  ])
})

t.test('what was told before is not told again', async (t) => {
  const path = join(await directory(), 'c-json.log')
  await writeFile(path, entry(1) + entry(2) + entry(100_000_000))
  t.equal(await collect(path, timeOf(2)), `${timeOf(100_000_000)} stdout F line 100000000\n`)
  // The engine leaves zeros out: .1 is later than .000000002.
  await writeFile(path, `${JSON.stringify({ log: 'x\n', stream: 'stdout', time: '2026-01-01T00:00:00.1Z' })}\n`)
  t.equal(await collect(path, timeOf(2)), '2026-01-01T00:00:00.1Z stdout F x\n')
})

t.test('a line that a crash cut off is left out', async (t) => {
  const path = join(await directory(), 'c-json.log')
  await writeFile(path, `{"log":"half\n${entry(2)}`)
  t.equal(await collect(path), `${timeOf(2)} stdout F line 2\n`)
})

t.test('a log is followed over rotations to its end', async (t) => {
  const path = join(await directory(), 'c-json.log')
  await writeFile(path, entry(1))
  const [ended, stopped] = [new AbortController(), new AbortController()]
  let text = ''
  const done = (async () => {
    for await (const lines of followJsonLog({ path, ended: ended.signal, signal: stopped.signal })) text += lines
  })()
  const told = async (number: number) => {
    const deadline = Date.now() + 10_000
    while (!text.includes(`line ${number}\n`) && Date.now() < deadline) await new Promise((r) => setTimeout(r, 10))
  }
  await told(1)
  await appendFile(path, entry(2).slice(0, 20))
  await appendFile(path, entry(2).slice(20))
  await told(2)
  await rename(path, `${path}.1`)
  await writeFile(path, entry(3))
  await rename(`${path}.1`, `${path}.2`)
  await rename(path, `${path}.1`)
  await writeFile(path, entry(4))
  await told(4)
  await appendFile(path, entry(5))
  ended.abort()
  await done
  t.same(
    text.match(/line \d/g),
    [1, 2, 3, 4, 5].map((number) => `line ${number}`),
  )
})

t.test('a log that grows is rotated, and what is older compressed', async (t) => {
  const path = join(await directory(), '0.log')
  const log = await RotatingLog.open(path, { maxSize: 100, maxFiles: 3 })
  for (let number = 1; number <= 8; number++) await log.write(Buffer.from(`${timeOf(number)} ${'x'.repeat(60)}\n`))
  await log.close()
  const bare = (name: string) => name.replace('.gz', '')
  const names = (await readdir(join(path, '..'))).sort((a, b) => (bare(a) < bare(b) ? -1 : 1))
  t.equal(names.length, 3, names.join())
  t.equal(names[0], '0.log')
  t.match(names[1], /^0\.log\.\d{8}-\d{6}(-\d{4})?\.gz$/)
  t.match(names[2], /^0\.log\.\d{8}-\d{6}(-\d{4})?$/)
  const inFile = async (name = '') => readFile(join(path, '..', name))
  t.match((await inFile(names[0])).toString(), timeOf(8))
  t.match((await inFile(names[2])).toString(), timeOf(7))
  t.match(gunzipSync(await inFile(names[1])).toString(), timeOf(6))
})

t.test('the last time is found, even where nothing was written since the rotation', async (t) => {
  const path = join(await directory(), '0.log')
  t.equal(await RotatingLog.lastTime(path), undefined)
  await writeFile(`${path}.20260101-000000`, `${timeOf(1)} stdout F a\n${timeOf(2)} stdout F b\n`)
  await writeFile(path, '')
  t.equal(await RotatingLog.lastTime(path), timeOf(2))
  await writeFile(path, `${timeOf(3)} stdout P c\n`)
  t.equal(await RotatingLog.lastTime(path), timeOf(3))
})

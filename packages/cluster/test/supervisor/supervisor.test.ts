import { existsSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { silentLogger, systemClock } from '@tandem/component-base'
import t, { type Test } from 'tap'
import type { ComponentSpec } from '../../src/components.ts'
import { isAlive } from '../../src/supervisor/process-identity.ts'
import { readPid, startSupervisor } from '../../src/supervisor/supervisor.ts'

const component = (name: ComponentSpec['name'], program: string): ComponentSpec => ({
  name,
  binary: program,
  args: [],
  environment: {},
  healthUrl: '',
})

async function until<Value>(what: string, look: () => Value | undefined | false): Promise<Value> {
  for (let tries = 0; tries < 500; tries++) {
    const value = look()
    if (value) return value
    await setTimeout(10)
  }
  throw new Error(`never: ${what}`)
}

function start(t: Test, directory: string, components: readonly ComponentSpec[]) {
  const runDirectory = join(directory, 'run')
  const supervisor = startSupervisor({
    components,
    runDirectory,
    logDirectory: join(directory, 'log'),
    command: (script) => ({ program: process.execPath, args: ['-e', script] }),
    logger: silentLogger,
    clock: systemClock,
    placed: async () => undefined,
  })
  t.teardown(async () => (await supervisor).stop())
  return { runDirectory, supervisor }
}

t.test('a component that dies is started again', async (t) => {
  const { runDirectory, supervisor } = start(t, t.testdir(), [component('proxy', 'setInterval(() => {}, 1000)')])
  await supervisor
  const first = await until('started', () => readPid(runDirectory, 'proxy'))
  process.kill(first.pid, 'SIGKILL')
  const second = await until('restarted', () => {
    const now = readPid(runDirectory, 'proxy')
    return now && now.pid !== first.pid ? now : undefined
  })
  t.ok(isAlive(second))
})

t.test('stopping ends every process, also one that ignores SIGTERM for a moment', async (t) => {
  const { runDirectory, supervisor } = start(t, t.testdir(), [
    component('dns', 'setInterval(() => {}, 1000)'),
    component(
      'proxy',
      "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 100)); setInterval(() => {}, 1000)",
    ),
  ])
  const running = await supervisor
  const identities = await Promise.all(
    (['dns', 'proxy'] as const).map((name) => until(name, () => readPid(runDirectory, name))),
  )
  await running.stop()
  t.same(identities.map(isAlive), [false, false])
  t.notOk(existsSync(join(runDirectory, 'proxy.pid')))
})

t.test('what a killed supervisor left is ended before its successor starts the same', async (t) => {
  const directory = t.testdir()
  const components = [component('kubelet', 'setInterval(() => {}, 1000)')]
  const first = start(t, directory, components)
  await first.supervisor
  const left = await until('started', () => readPid(first.runDirectory, 'kubelet'))
  // A second supervisor over the same directory is what a successor of one that was killed looks like.
  const second = start(t, directory, components)
  await second.supervisor
  await until('the first process is gone', () => !isAlive(left))
  t.pass()
})

t.test('output goes to the component’s log, which its owner alone can read', async (t) => {
  const directory = t.testdir()
  const { supervisor } = start(t, directory, [
    component('scheduler', "console.log('hello'); setInterval(() => {}, 1000)"),
  ])
  await supervisor
  const log = join(directory, 'log', 'scheduler.log')
  await until('a line', () => existsSync(log) && readFileSync(log, 'utf8').includes('hello'))
  const { statSync } = await import('node:fs')
  t.equal(statSync(log).mode & 0o777, 0o600)
})

t.test('a disk that takes neither log nor pid ends no supervisor, and starts nothing twice', async (t) => {
  const directory = t.testdir({ log: { 'proxy.log': {} }, run: { 'proxy.pid': {} } })
  const script = `require('node:fs').appendFileSync(${JSON.stringify(join(directory, 'starts'))}, 'x'); setInterval(() => {}, 1000)`
  const { supervisor } = start(t, directory, [component('proxy', script)])
  await supervisor
  await setTimeout(100)
  t.notOk(existsSync(join(directory, 'starts')), 'without a log it waits')
  rmdirSync(join(directory, 'log', 'proxy.log'))
  await until('started', () => existsSync(join(directory, 'starts')))
  await setTimeout(300)
  t.equal(readFileSync(join(directory, 'starts'), 'utf8'), 'x')
  rmdirSync(join(directory, 'run', 'proxy.pid'))
})

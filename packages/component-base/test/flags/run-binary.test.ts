import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'

const program = `
import { runBinary } from ${JSON.stringify(join(import.meta.dirname, '../../src/flags/index.ts'))}
await runBinary({
  name: 'tandem-thing', description: 'Does a thing.', example: 'tandem-thing', flags: { mode: { type: 'string', default: 'run', description: 'What to do.' } },
  async start({ mode }) {
    if (mode === 'fail') throw new Error('cannot start')
    let die
    const done = new Promise((_, reject) => { die = reject })
    if (mode === 'die') setTimeout(() => die(new Error('died')), 10)
    const keep = setInterval(() => {}, 1000)
    console.log('ready')
    return { name: 'thing', done, async stop() { clearInterval(keep); console.log('stopped') } }
  },
})`

/** Runs it, sends a signal when it is ready, and tells how it ended. */
async function run(args: string[], signal?: NodeJS.Signals) {
  // The word after -- stands where a script's path would.
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', 'script', ...args])
  if (signal) child.stdout.once('data', () => child.kill(signal))
  const code = new Promise((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}

const rows: [string, string[], NodeJS.Signals | undefined, object][] = [
  ['SIGTERM stops it cleanly', [], 'SIGTERM', { code: 0, stdout: 'ready\nstopped\n', stderr: /"msg":"stopping"/ }],
  ['so does SIGINT', [], 'SIGINT', { code: 0, stdout: 'ready\nstopped\n' }],
  ['a start that fails', ['--mode=fail'], undefined, { code: 1, stderr: /"cannot start".*"component failed"/ }],
  ['a component that dies', ['--mode=die'], undefined, { code: 1, stderr: /died/ }],
  [
    'a wrong command line',
    ['--nonsense'],
    undefined,
    { code: 1, stdout: '', stderr: /^Error: unknown option '--nonsense'\nSee 'tandem-thing --help'\./ },
  ],
  ['help', ['--help'], undefined, { code: 0, stdout: /Usage: tandem-thing/ }],
]
for (const [name, args, signal, expected] of rows) {
  t.test(name, async (t) => t.match(await run(args, signal), expected))
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { Agent, request } from 'undici'
import { startTestServer } from '../src/testing/server.ts'

const binary = join(import.meta.dirname, '../src/main.ts')
const run = (args: string[]) => spawn(process.execPath, [binary, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

async function output(args: string[]): Promise<{ code: number | null; text: string }> {
  const child = run(args)
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
  })
  child.stderr.on('data', (data) => {
    text += data
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, text }
}

t.test('the binary serves, and stops cleanly on SIGTERM', async (t) => {
  // Only for the files that it makes.
  const files = await startTestServer()
  t.teardown(() => files.stop())
  const file = (name: string) => join(files.directory, name)
  const child = run([
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    `--data-dir=${file('another-store')}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--service-cluster-ip-range=10.97.0.0/16',
  ])
  t.teardown(() => void child.kill('SIGKILL'))
  let port = 0
  for await (const line of createInterface({ input: child.stderr })) {
    const entry = JSON.parse(line) as { msg: string; port?: number }
    if (entry.msg !== 'serving') continue
    port = entry.port ?? 0
    break
  }
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => dispatcher.close())
  const answer = await request(`https://127.0.0.1:${port}/readyz`, { dispatcher })
  t.equal(await answer.body.text(), 'ok')
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
})

const refused: [what: string, args: string[], message: RegExp][] = [
  ['what it cannot do without', ['--data-dir=x'], /--tls-cert-file is required/],
  ['a mode that is none', ['--authorization-mode=Sometimes'], /authorization-mode "Sometimes" is not a valid mode/],
  ['a backend that is none', ['--storage-backend=stone'], /unknown backend "stone"/],
  ['etcd that is nowhere', ['--storage-backend=etcd3'], /--etcd-servers must be specified/],
  [
    'two stores at once',
    ['--storage-backend=level', '--etcd-servers=http://127.0.0.1:2379'],
    /--etcd-servers is not for --storage-backend=level/,
  ],
  ['a flag that is none', ['--frobnicate'], /unknown option '--frobnicate'/],
]
t.test('wrong flags', async (t) => {
  const needed = [
    '--data-dir=x',
    '--tls-cert-file=x',
    '--tls-private-key-file=x',
    '--service-account-signing-key-file=x',
  ]
  await Promise.all(
    refused.map(async ([what, args, message]) => {
      const { code, text } = await output(args[0] === '--data-dir=x' ? args : [...needed, ...args])
      t.not(code, 0, what)
      t.match(text, message, what)
    }),
  )
})

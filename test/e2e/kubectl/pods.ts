import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, mustMatch } from '../eventually.ts'
import { run, sampleImage } from '../kubectl.ts'
import { type Row, startKubectl } from './row.ts'

export const podRows: Row[] = [
  {
    name: 'logs prints, follows, tails and takes a time; attach speaks to what runs',
    async check(t, { kubectl }) {
      await kubectl('wait', '--for=condition=Ready', 'pod/talker', '--timeout=60s')
      t.match(await kubectl('logs', 'talker'), /^line one\nline two\n/)
      t.equal(await kubectl('logs', 'talker', '--tail=1'), 'line two\n')
      t.match(await kubectl('logs', 'talker', '--timestamps'), /^\d{4}-\d\d-\d\dT\S+ line one/)
      t.equal(await kubectl('logs', 'talker', '--since-time=2099-01-01T00:00:00Z'), '')
      t.equal(await kubectl('logs', 'talker', '--limit-bytes=4'), 'line')
      const follower = startKubectl(kubectl, ['logs', '-f', 'talker', '--tail=1'])
      await eventually(async () => mustMatch(follower.output(), /line two/))
      const { code } = await kubectl.run(['attach', '-i', 'talker'], { input: 'friend\n', mayFail: true })
      t.equal(code, 0, 'attach ends when its input does')
      await eventually(async () => mustMatch(follower.output(), /heard friend/))
      follower.stop()
      t.match(await kubectl('logs', '-l', 'app=web', '--prefix'), /\[pod\/web-\S+\/web\] started/)
      t.match(
        (await kubectl.run(['logs', 'talker', '--previous'], { mayFail: true })).stderr,
        /previous terminated container "talker" in pod "talker" not found/,
      )
    },
  },
  {
    name: 'exec passes input, output, exit codes and terminals',
    async check(t, { kubectl }) {
      t.equal(await kubectl('exec', 'talker', '--', 'echo', 'out'), 'out\n')
      t.equal((await kubectl.run(['exec', '-i', 'talker', '--', 'cat'], { input: 'through' })).stdout, 'through')
      t.equal((await kubectl.run(['exec', 'talker', '--', 'sh', '-c', 'exit 7'], { mayFail: true })).code, 7)
      t.equal(await kubectl('exec', 'deployment/web', '-c', 'web', '--', 'cat', '/tmp/index.html'), 'hello\n')
      const missing = await kubectl.run(['exec', 'talker', '--', 'no-such-program'], { mayFail: true })
      t.match(missing.stdout + missing.stderr, /"no-such-program": executable file not found in \$PATH/)
      t.equal(missing.code, 126)
      const terminal = await run('script', [
        '-qec',
        [...kubectl.command, 'exec', '-it', 'talker', '--', 'sh', '-c', "'test -t 0 && echo terminal'"].join(' '),
        '/dev/null',
      ])
      t.match(terminal.stdout, /terminal/)
    },
  },
  {
    name: 'cp copies to and from a container',
    async check(t, { kubectl }) {
      const directory = mkdtempSync(join(tmpdir(), 'tandem-cp-'))
      const content = 'copied\n'.repeat(50_000)
      writeFileSync(join(directory, 'there'), content)
      t.teardown(() => rmSync(directory, { recursive: true }))
      await kubectl('cp', join(directory, 'there'), 'talker:/tmp/copy')
      await kubectl('cp', 'talker:/tmp/copy', join(directory, 'back'))
      t.equal(readFileSync(join(directory, 'back'), 'utf8'), content)
    },
  },
  {
    name: 'port-forward carries requests to a pod, one after the other and side by side',
    async check(t, { kubectl }) {
      const forward = startKubectl(kubectl, ['port-forward', 'deployment/web', ':8080'])
      t.teardown(forward.stop)
      const port = await eventually(async () => {
        const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forward.output())?.[1]
        if (!found) throw new Error(forward.output())
        return found
      })
      const ask = async () => (await fetch(`http://127.0.0.1:${port}/`)).text()
      t.same(await Promise.all(Array.from({ length: 5 }, ask)), Array(5).fill('hello\n'))
      t.equal(await ask(), 'hello\n')
    },
  },
  {
    name: 'debug adds a container to a pod, and makes a copy of one',
    async check(t, { kubectl }) {
      await kubectl(
        'debug',
        'talker',
        `--image=${sampleImage}`,
        '--container=helper',
        '--profile=baseline',
        '--',
        'sh',
        '-c',
        'echo looking',
      )
      await eventually(async () => mustMatch(await kubectl('logs', 'talker', '-c', 'helper'), /looking/))
      t.match(await kubectl('describe', 'pod', 'talker'), /Ephemeral Containers:\n +helper:/)
      await kubectl(
        'debug',
        'talker',
        '--copy-to=copy',
        '--container=talker',
        '--profile=baseline',
        '--',
        'sh',
        '-c',
        'echo copied; sleep 3600',
      )
      await eventually(async () => mustMatch(await kubectl('logs', 'copy', '-c', 'talker'), /copied/))
      await kubectl('delete', 'pod', 'copy', '--now', '--wait=false')
    },
  },
  {
    name: 'proxy passes requests on, to the server and through it to pods',
    async check(t, { kubectl, namespace }) {
      const proxy = startKubectl(kubectl, ['proxy', '--port=0'])
      t.teardown(proxy.stop)
      const port = await eventually(async () => {
        const found = /Starting to serve on 127\.0\.0\.1:(\d+)/.exec(proxy.output())?.[1]
        if (!found) throw new Error(proxy.output())
        return found
      })
      const base = `http://127.0.0.1:${port}/api/v1/namespaces/${namespace}`
      const pod = (await (await fetch(`${base}/pods/talker`)).json()) as { kind: string }
      t.equal(pod.kind, 'Pod')
      const name = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
      t.equal(await (await fetch(`${base}/pods/${name}:8080/proxy/`)).text(), 'hello\n')
    },
  },
]

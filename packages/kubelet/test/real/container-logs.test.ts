import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { startHarness } from './harness.ts'

const harness = await startHarness({ containerLogs: { maxSize: 2000, maxFiles: 100 } })
t.teardown(() => harness.stop())

const podLogs = harness.options.podLogDir ?? ''
const containers = join(podLogs, '..', 'containers')
const until = async (what: string, look: () => Promise<boolean>) => {
  const deadline = Date.now() + 20_000
  while (!(await look().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
const directoryOf = async (name: string) => {
  const { uid } = (await harness.pod(name)).metadata
  return join(podLogs, `default_${name}_${uid}`, 'main')
}
const bare = (name: string) => name.replace('.gz', '')
/** All that an agent would have read, rotated files first. */
const written = async (directory: string) => {
  const names = (await readdir(directory)).filter((name) => name !== '0.log' && !name.endsWith('.tmp'))
  const files = [...names.sort((a, b) => (bare(a) < bare(b) ? -1 : 1)), '0.log']
  const contents = files.map(async (name) => {
    const content = await readFile(join(directory, name))
    return (name.endsWith('.gz') ? gunzipSync(content) : content).toString()
  })
  return (await Promise.all(contents)).join('')
}

t.test("what a container writes lies in files of CRI's format, and goes with the pod", async (t) => {
  const script = 'echo out; echo err >&2; printf unfinished'
  await harness.createPod('talks', {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: harness.image, command: ['sh', '-c', script] }],
  })
  await harness.waitFor('talks', ({ status }) => status?.phase === 'Succeeded')
  const directory = await directoryOf('talks')
  await until('the log', async () => (await written(directory)).includes('unfinished'))
  const lines = (await written(directory))
    .trimEnd()
    .split('\n')
    .sort((a, b) => (a.slice(36) < b.slice(36) ? -1 : 1))
  for (const line of lines) t.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (stdout|stderr) [FP] \w+$/)
  t.same(lines.map((line) => line.split(' ').slice(1).join(' ')).sort(), [
    'stderr F err',
    'stdout F out',
    'stdout P unfinished',
  ])
  const [link = ''] = (await readdir(containers)).filter((name) => name.startsWith('talks_default_main-'))
  t.equal(await readlink(join(containers, link)), join(directory, '0.log'))
  await harness.client.delete(pods, { namespace: 'default', name: 'talks' }, { gracePeriodSeconds: 0 })
  await until('the end of the files', async () => (await readdir(podLogs)).every((name) => !name.includes('talks')))
  t.notOk((await readdir(containers)).some((name) => name.startsWith('talks_')))
})

t.test('no line is lost or told twice by a kubelet that starts again, nor by rotation', async (t) => {
  const script = 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo "line $i end"; sleep 0.01; done'
  await harness.createPod('counts', {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: harness.image, command: ['sh', '-c', script] }],
  })
  const directory = await directoryOf('counts')
  await until('some lines', async () => (await written(directory)).includes('line 20 end'))
  await harness.restartKubelet()
  await until('the last line', async () => (await written(directory)).includes('line 200 end'))
  const numbers = [...(await written(directory)).matchAll(/line (\d+) end/g)].map(([, number]) => Number(number))
  t.same(
    numbers,
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  t.ok((await readdir(directory)).length > 2, 'it was rotated')
})

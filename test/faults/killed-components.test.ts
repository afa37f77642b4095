import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { clusterRoot, kubectlFor, run, sampleImage } from '../e2e/kubectl.ts'

const kubectl = kubectlFor({ cluster: 'prod' })
const runDirectory = join(clusterRoot(), 'prod', 'run')
const components = ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'proxy', 'dns'] as const
const pidOf = (name: string): number => JSON.parse(readFileSync(join(runDirectory, `${name}.pid`), 'utf8')).pid
const tandem = (...args: string[]) =>
  run(process.execPath, ['packages/cli/src/main.ts', ...args, '--root', clusterRoot()], { timeoutMs: 180_000 })
const containers = async () =>
  (await run('docker', ['ps', '-q', '--no-trunc', '--filter', 'label=io.tandem.cluster=tandem-prod'])).stdout
    .split('\n')
    .filter(Boolean)
    .sort()
const readinessOfPods = () =>
  kubectl(
    'get',
    'pods',
    '-A',
    '-o',
    'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")]}{"\\n"}{end}',
  )
const healthy = () => eventually(() => tandem('status'), { seconds: 60 })

/** Asks the sample app through its ClusterIP without pause, and counts what went wrong. */
async function traffic(address: string): Promise<{ stop(): Promise<{ asked: number; lost: string[] }> }> {
  let going = true
  let asked = 0
  const lost: string[] = []
  const loop = (async () => {
    while (going) {
      asked++
      // Only the front: its page needs the back through DNS, and the DNS process is one of those killed.
      await fetch(`http://${address}/cgi-bin/none`, { signal: AbortSignal.timeout(3000) }).then(
        (response) => response.text(),
        (error: Error) => lost.push(error.message),
      )
      await setTimeout(10)
    }
  })()
  return {
    async stop() {
      going = false
      await loop
      return { asked, lost }
    },
  }
}

/** Writes ConfigMaps one after the other; those that were acknowledged must be there whatever happens. */
async function writer(prefix: string): Promise<{ more(): Promise<void>; stop(): Promise<string[]> }> {
  let going = true
  const acknowledged: string[] = []
  const loop = (async () => {
    for (let count = 0; going; count++) {
      const name = `${prefix}-${count}`
      const { code } = await kubectl.run(['create', 'configmap', name, `--from-literal=n=${count}`], { mayFail: true })
      if (code === 0) acknowledged.push(name)
    }
  })()
  return {
    /** Resolves when another write was acknowledged. */
    async more() {
      const before = acknowledged.length
      await eventually(async () => {
        if (acknowledged.length === before) throw new Error('no further write was acknowledged')
      })
    },
    async stop() {
      going = false
      await loop
      return acknowledged
    },
  }
}

async function survives(t: Test, prefix: string, kill: () => Promise<void>): Promise<void> {
  const address = await kubectl('get', 'service', 'front', '-o', 'jsonpath={.spec.clusterIP}')
  const before = await containers()
  const podsBefore = await readinessOfPods()
  const [asking, writing] = await Promise.all([traffic(address), writer(prefix)])
  await writing.more()
  await kill()
  await healthy()
  await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s')
  await writing.more()
  const acknowledged = await writing.stop()
  const { asked, lost } = await asking.stop()
  t.same(lost, [], `of ${asked} requests none was lost`)
  t.same(await containers(), before, 'the same containers run on')
  t.equal(await readinessOfPods(), podsBefore, 'no pod is doubled, gone, or was not ready for a moment')
  const there = new Set((await kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')).split(' '))
  t.ok(acknowledged.length > 0, `${acknowledged.length} writes were acknowledged`)
  t.same(
    acknowledged.filter((name) => !there.has(name)),
    [],
    'every acknowledged write is there',
  )
  await kubectl('delete', 'configmaps', ...acknowledged)
}

t.before(healthy)

for (const component of components) {
  t.test(`kill -9 of the ${component}`, async (t) => {
    const before = pidOf(component)
    await survives(t, `w-${component}`, async () => {
      process.kill(before, 'SIGKILL')
      await eventually(async () => {
        if (pidOf(component) === before) throw new Error(`${component} was not started again`)
      })
    })
  })
}

t.test('kill -9 of everything, the supervisor too, and up again', async (t) => {
  await survives(t, 'w-all', async () => {
    for (const name of ['supervisor', ...components]) process.kill(pidOf(name), 'SIGKILL')
    await tandem('up')
  })
})

t.test('new pods start after all that', async (t) => {
  await kubectl('run', 'afterwards', `--image=${sampleImage}`, '--restart=Never', '--command', '--', 'true')
  await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/afterwards', '--timeout=60s')
  await kubectl('delete', 'pod', 'afterwards')
  t.same(readdirSync(runDirectory).filter((file) => file.endsWith('.pid')).length, components.length + 1)
})

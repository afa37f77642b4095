import t from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { clusterRoot, kubectlFor, run } from './kubectl.ts'

const namespace = 'simulated'
const kubectl = kubectlFor({ cluster: 'staging', namespace })
const tandem = (...args: string[]) =>
  run(process.execPath, ['packages/cli/src/main.ts', ...args, '--root', clusterRoot()], { timeoutMs: 180_000 })

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: crowd }
spec:
  replicas: 100
  selector: { matchLabels: { app: crowd } }
  template:
    metadata: { labels: { app: crowd } }
    spec:
      nodeSelector: { tandem.dev/simulated-node: "true" }
      tolerations: [{ key: tandem.dev/simulated-node, operator: Exists }]
      containers:
        - name: app
          image: registry.example/app:1
          resources: { requests: { cpu: 100m, memory: 64Mi } }
`

const job = `
apiVersion: batch/v1
kind: Job
metadata: { name: batch }
spec:
  completions: 20
  parallelism: 10
  template:
    spec:
      restartPolicy: Never
      nodeSelector: { tandem.dev/simulated-node: "true" }
      tolerations: [{ key: tandem.dev/simulated-node, operator: Exists }]
      containers: [{ name: app, image: registry.example/app:1 }]
`

const ready = async (wanted: number): Promise<void> => {
  await eventually(async () =>
    mustMatch(
      await kubectl('get', 'deployment/crowd', '-o', 'jsonpath={.status.readyReplicas}'),
      RegExp(`^${wanted}$`),
    ),
  )
}

const podsOn = async (node: string): Promise<string> =>
  kubectl('get', 'pods', `--field-selector=spec.nodeName=${node}`, '-o', 'name')

t.test('a hundred pods on twenty simulated nodes', async (t) => {
  await tandem('up', 'staging', '--simulated-nodes', '20')
  t.teardown(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false')
    await tandem('up', 'staging', '--simulated-nodes', '0')
    await eventually(async () =>
      mustMatch(await kubectl('get', 'nodes', '-l', 'tandem.dev/simulated-node', '-o', 'name'), /^$/),
    )
  })
  await t.test('status shows them', async (t) => {
    const { stdout } = await tandem('status')
    t.match(stdout, /staging +simulated-nodes +healthy/)
    t.match(stdout, /staging has 20 simulated nodes/)
  })
  await kubectl('create', 'namespace', namespace)
  await t.test('a Deployment becomes ready', async () => {
    await kubectl.apply(deployment)
    await ready(100)
  })
  await kubectl('delete', 'node', 'simulated-4')
  await t.test('drain empties a node, and its pods come back elsewhere', async (t) => {
    t.match(await podsOn('simulated-3'), /pod\//)
    await kubectl('drain', 'simulated-3', '--timeout=60s')
    t.equal(await podsOn('simulated-3'), '')
    await ready(100)
  })
  await t.test('a Job completes', async () => {
    await kubectl.apply(job)
    await kubectl('wait', '--for=condition=Complete', 'job/batch', '--timeout=60s')
  })
  await t.test('the host’s own pods stay where they are', async (t) => {
    const where = await kubectl(
      'get',
      'pods',
      '-A',
      '-o',
      'jsonpath={range .items[*]}{.metadata.namespace} {.spec.nodeName}{"\\n"}{end}',
    )
    const strangers = where
      .split('\n')
      .filter((line) => / simulated-\d/.test(line) && !line.startsWith(`${namespace} `))
    t.same(strangers, [])
  })
  await t.test('pods of the node that was deleted come back elsewhere', async () => {
    // The pod garbage collector gives a node that may come back 40 s.
    await eventually(async () => mustMatch(await podsOn('simulated-4'), /^$/), { seconds: 120, everyMs: 1000 })
    await ready(100)
  })
})

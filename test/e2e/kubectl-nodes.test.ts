import t from 'tap'
import { eventually } from './eventually.ts'
import { type KubectlVersion, kubectlFor, sampleImage } from './kubectl.ts'

const pod = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: c, image: ${sampleImage}, command: [sleep, "3600"] }]
`

// One node each: these run after each other, and put the node back as it was.
const versions: KubectlVersion[] = ['1.27', '1.36']
for (const version of versions) {
  t.test(`kubectl ${version}: cordon, drain, uncordon and taint`, async (t) => {
    const namespace = `nodes-${version.replace('.', '-')}`
    const kubectl = kubectlFor({ cluster: 'staging', version, namespace })
    await kubectl('create', 'namespace', namespace)
    t.teardown(() => kubectl('delete', 'namespace', namespace, '--wait=false'))
    const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    t.teardown(() => kubectl('uncordon', node))
    await kubectl.apply(pod('drained'))
    await kubectl('rollout', 'status', 'deployment/drained', '--timeout=60s')

    t.match(await kubectl('cordon', node), /cordoned/)
    t.match(await kubectl('get', 'node', node), /Ready,SchedulingDisabled/)
    const first = (await kubectl('get', 'pods', '-o', 'name')).trim()
    t.match(
      await kubectl(
        'drain',
        node,
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        '--force',
        `--pod-selector=app=drained`,
        '--timeout=60s',
      ),
      /drained/,
    )
    const pending = await eventually(async () => {
      const text = await kubectl('get', 'pods', '--field-selector=status.phase=Pending', '-o', 'name')
      if (text.trim() === '' || text.trim() === first) throw new Error('no new pod yet')
      return text.trim()
    })
    await eventually(async () => {
      const events = await kubectl('events', `--for=${pending}`)
      if (!/0\/1 nodes are available: 1 node\(s\) were unschedulable/.test(events)) throw new Error(events)
    })
    t.match(await kubectl('uncordon', node), /uncordoned/)
    await kubectl('rollout', 'status', 'deployment/drained', '--timeout=60s')

    t.match(await kubectl('taint', 'node', node, 'dedicated=other:NoSchedule'), /tainted/)
    t.teardown(() => kubectl.run(['taint', 'node', node, 'dedicated-'], { mayFail: true }))
    await kubectl.apply(pod('tainted'))
    await eventually(async () => {
      const events = await kubectl(
        'get',
        'events',
        '--field-selector=reason=FailedScheduling',
        '-o',
        'jsonpath={.items[*].message}',
      )
      if (!events.includes('had untolerated taint(s)') && !events.includes('had untolerated taint {dedicated: other}'))
        throw new Error(events)
    })
    t.match(await kubectl('taint', 'node', node, 'dedicated-'), /untainted/)
    await kubectl('rollout', 'status', 'deployment/tainted', '--timeout=60s')
  })
}

import { sampleImage } from '../kubectl.ts'
import type { Row } from './row.ts'

/** A node without a machine: nothing is scheduled there, and what is bound to it never runs. */
const node = (name: string) => `
apiVersion: v1
kind: Node
metadata: { name: ${name}, labels: { node.kubernetes.io/exclude-from-external-load-balancers: "" } }
spec: { unschedulable: true }
`

const bound = (node: string) => `
apiVersion: v1
kind: Pod
metadata: { name: bound }
spec:
  nodeName: ${node}
  terminationGracePeriodSeconds: 0
  tolerations: [{ operator: Exists }]
  containers: [{ name: c, image: ${sampleImage} }]
`

export const nodeRows: Row[] = [
  {
    name: 'nodes are tainted, cordoned, drained and uncordoned',
    async check(t, { kubectl, namespace: name }) {
      t.teardown(() => kubectl('delete', 'node', name, '--ignore-not-found'))
      await kubectl.apply(node(name))
      t.match(await kubectl('taint', 'node', name, 'dedicated=other:NoSchedule'), /tainted/)
      t.match(
        (await kubectl.run(['taint', 'node', name, 'dedicated=more:NoSchedule'], { mayFail: true })).stderr,
        /already has dedicated taint\(s\) with same effect\(s\)/,
      )
      t.match(await kubectl('describe', 'node', name), /dedicated=other:NoSchedule/)
      t.match(await kubectl('taint', 'node', name, 'dedicated-'), /untainted/)
      t.match(await kubectl('uncordon', name), /uncordoned/)
      t.match(await kubectl('uncordon', name), /already uncordoned/)
      t.match(await kubectl('cordon', name), /cordoned/)
      t.match(await kubectl('get', 'node', name), /SchedulingDisabled/)
      await kubectl.apply(bound(name))
      const refused = await kubectl.run(['drain', name, '--timeout=60s'], { mayFail: true })
      t.match(refused, { code: 1, stderr: /cannot delete.* Pods .*declare no controller/ })
      const drained = await kubectl.run(['drain', name, '--force', '--ignore-daemonsets', '--timeout=60s'])
      t.match(drained.stdout, /pod\/bound evicted[\s\S]*drained/)
    },
  },
]

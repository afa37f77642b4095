import t from 'tap'
import { containerResourceValue, podFieldValue, splitSubscript } from '../../../src/core/v1/downward-api.ts'
import type { Container, Pod } from '../../../src/core/v1/types.ts'

const pod = {
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u-1',
    labels: { tier: 'front', app: 'web' },
    annotations: { 'example.com/note': 'say "hi"\nthere' },
  },
  spec: { containers: [], nodeName: 'n1', serviceAccountName: 'default' },
  status: { hostIP: '192.0.2.1', podIP: '10.244.0.5', podIPs: [{ ip: '10.244.0.5' }, { ip: 'fd00::5' }] },
} as unknown as Pod

const rows: [path: string, expected: string][] = [
  ['metadata.name', 'web-1'],
  ['metadata.namespace', 'shop'],
  ['metadata.uid', 'u-1'],
  ["metadata.labels['app']", 'web'],
  ["metadata.labels['missing']", ''],
  ["metadata.annotations['example.com/note']", 'say "hi"\nthere'],
  ['metadata.labels', 'app="web"\ntier="front"'],
  ['metadata.annotations', 'example.com/note="say \\"hi\\"\\nthere"'],
  ['spec.nodeName', 'n1'],
  ['spec.serviceAccountName', 'default'],
  ['status.hostIP', '192.0.2.1'],
  ['status.podIP', '10.244.0.5'],
  ['status.podIPs', '10.244.0.5,fd00::5'],
  ['status.hostIPs', ''],
]

for (const [path, expected] of rows)
  t.test(path, async (t) => {
    t.equal(podFieldValue(pod, path), expected)
  })

t.test('paths that pods do not have', async (t) => {
  t.throws(() => podFieldValue(pod, 'spec.containers'), { message: 'unsupported fieldPath: spec.containers' })
  t.throws(() => podFieldValue(pod, "spec.nodeName['x']"), { code: 'DOWNWARD_API_FIELD' })
  t.strictSame(splitSubscript("metadata.labels['a.b/c']"), { path: 'metadata.labels', subscript: 'a.b/c' })
  t.strictSame(splitSubscript("['a']"), { path: "['a']" })
})

const container: Container = {
  name: 'c',
  resources: { limits: { cpu: '1500m', memory: '1Gi', 'hugepages-2Mi': '4Mi' }, requests: { cpu: '250m' } },
}
const allocatable = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '10G' }

const resourceRows: [name: string, resource: string, divisor: string | undefined, expected: string][] = [
  ['CPU in whole ones, rounded up', 'limits.cpu', '0', '2'],
  ['CPU in thousandths', 'limits.cpu', '1m', '1500'],
  ['a request', 'requests.cpu', '1m', '250'],
  ['memory in bytes', 'limits.memory', undefined, '1073741824'],
  ['memory in mebibytes', 'limits.memory', '1Mi', '1024'],
  ['no limit: what the node has', 'limits.ephemeral-storage', '1G', '10'],
  ['no request', 'requests.memory', '1', '0'],
  ['huge pages', 'limits.hugepages-2Mi', '1Mi', '4'],
]

for (const [name, resource, divisor, expected] of resourceRows)
  t.test(name, async (t) => {
    const selector = divisor === undefined ? { resource } : { resource, divisor }
    t.equal(containerResourceValue(container, selector, allocatable), expected)
  })

t.test('a resource that containers do not have', async (t) => {
  t.throws(() => containerResourceValue(container, { resource: 'limits.pods' }, {}), {
    message: 'unsupported container resource : limits.pods',
  })
})

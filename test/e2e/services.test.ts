import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { clusterRoot, kubectlFor, sampleImage } from './kubectl.ts'

const clusters = ['prod', 'staging'] as const
const planOf = (cluster: string) => JSON.parse(readFileSync(join(clusterRoot(), cluster, 'plan.json'), 'utf8'))
const body = async (url: string): Promise<string> => (await fetch(url, { signal: AbortSignal.timeout(5000) })).text()

for (const cluster of clusters) {
  t.test(`${cluster}: the sample app answers at its ClusterIP, NodePort and LoadBalancer address`, async (t) => {
    const kubectl = kubectlFor({ cluster })
    const front = JSON.parse(await kubectl('get', 'service', 'front', '-o', 'json'))
    const plan = planOf(cluster)
    const urls = [
      `http://${front.spec.clusterIP}/`,
      `http://${plan.nodePortAddress ?? plan.hostAddress}:${front.spec.ports[0].nodePort}/`,
      `http://${front.status.loadBalancer.ingress[0].ip}/`,
    ]
    for (const url of urls) t.match(await eventually(() => body(url)), /front: front-[\s\S]*back on /, url)
  })
}

t.test('both clusters hold the same NodePort at once', async (t) => {
  const ports = await Promise.all(
    clusters.map((cluster) =>
      kubectlFor({ cluster })('get', 'service', 'front', '-o', 'jsonpath={.spec.ports[0].nodePort}'),
    ),
  )
  t.equal(ports[0], ports[1])
})

t.test('default/kubernetes points to an address of the host that is not loopback', async (t) => {
  for (const cluster of clusters) {
    const address = await kubectlFor({ cluster })(
      'get',
      'endpointslices',
      'kubernetes',
      '-o',
      'jsonpath={.endpoints[0].addresses[0]}',
    )
    t.equal(address, planOf(cluster).hostAddress)
    t.notMatch(address, /^127\./)
  }
})

t.test('kube-dns answers for Services, headless Services and the API server', async (t) => {
  const kubectl = kubectlFor({ cluster: 'staging', namespace: 'dns' })
  await kubectl('create', 'namespace', 'dns')
  t.teardown(() => kubectl('delete', 'namespace', 'dns', '--wait=false'))
  await kubectl.apply(`
apiVersion: v1
kind: Service
metadata: { name: peers }
spec: { clusterIP: None, selector: { app: peer }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: one, labels: { app: peer } }
spec:
  hostname: one
  subdomain: peers
  terminationGracePeriodSeconds: 1
  containers: [{ name: c, image: ${sampleImage}, command: [sleep, "3600"] }]
`)
  await kubectl('wait', '--for=condition=Ready', 'pod/one', '--timeout=60s')
  const address = await kubectl('get', 'pod', 'one', '-o', 'jsonpath={.status.podIP}')
  const lookup = (name: string) => kubectl('exec', 'one', '--', 'nslookup', name)
  t.match(await lookup('kubernetes.default.svc.cluster.local'), /Address(?: \d+)?:\s+10\.97\.0\.1/)
  for (const name of ['peers.dns.svc.cluster.local', 'one.peers.dns.svc.cluster.local']) {
    await eventually(async () =>
      mustMatch(await lookup(name), new RegExp(`Address(?: \\d+)?:\\s+${address.replaceAll('.', '\\.')}`)),
    )
  }
  t.match(
    await kubectl('exec', 'one', '--', 'cat', '/etc/resolv.conf'),
    /search dns\.svc\.cluster\.local svc\.cluster\.local cluster\.local[^\n]*\nnameserver 10\.97\.0\.10\noptions ndots:5/,
  )
  const slice = await kubectlFor({ cluster: 'staging', namespace: 'kube-system' })(
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=kube-dns',
    '-o',
    'jsonpath={.items[0].endpoints[0].addresses[0]}',
  )
  t.equal(slice, planOf('staging').hostAddress)
})

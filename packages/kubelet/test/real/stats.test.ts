import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Summary } from '../../src/stats/summary.ts'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness()
t.teardown(() => harness.stop())
const admin = await harness.server.clientConfig()
const reader = await harness.server.clientConfig({ name: 'reader' })

async function ask(path: string, { certificate, key } = admin): Promise<{ code: number; body: string }> {
  const asked = request({
    host: '127.0.0.1',
    port: harness.kubelet.port,
    path,
    cert: certificate,
    key,
    rejectUnauthorized: false,
  }).end()
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve)
    asked.once('error', reject)
  })
  return { code: response.statusCode ?? 0, body: await text(response) }
}
const summary = async (): Promise<Summary> => JSON.parse((await ask('/stats/summary')).body)

await harness.createPod('busy', {
  containers: [
    {
      name: 'main',
      image: harness.image,
      command: ['sh', '-c', 'while :; do :; done'],
      resources: { limits: { cpu: '200m', memory: '64Mi' } },
    },
  ],
})
await harness.waitFor('busy', isReady)

const used = (told: Summary): number =>
  told.pods.find(({ podRef }) => podRef.name === 'busy')?.containers[0]?.cpu?.usageCoreNanoSeconds ?? 0

/** Until the pod has used so much more CPU than before. */
async function later(before: Summary): Promise<Summary> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const told = await summary()
    if (used(told) > used(before) + 2e8) return told
    if (Date.now() > deadline) throw new Error(`used no CPU: ${JSON.stringify(told)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

t.test('the summary of a pod that works', async (t) => {
  const told = await later(await summary())
  const pod = told.pods.find(({ podRef }) => podRef.name === 'busy')
  const [main] = pod?.containers ?? []
  t.match(pod, { podRef: { namespace: 'default' }, network: { name: 'eth0', rxBytes: Number, txBytes: Number } })
  t.ok((main?.cpu?.usageNanoCores ?? 0) > 1e7, JSON.stringify(main))
  t.ok((main?.cpu?.usageNanoCores ?? 0) < 5e8, 'the limit holds it back')
  t.ok((main?.memory?.workingSetBytes ?? 0) > 0)
  t.ok((main?.memory?.availableBytes ?? 0) <= 64 * 1024 * 1024)
  t.ok((told.node.cpu?.usageCoreNanoSeconds ?? 0) >= used(told), 'the node’s share holds all its pods')
  t.ok((told.node.memory?.workingSetBytes ?? 0) >= (main?.memory?.workingSetBytes ?? 0))
  t.match(told.node, {
    nodeName: harness.nodeName,
    fs: { capacityBytes: Number },
    systemContainers: [{ name: 'pods' }],
  })
})

t.test('metrics for those who scrape', async (t) => {
  const resource = await ask('/metrics/resource')
  t.match(
    resource.body,
    /^container_cpu_usage_seconds_total\{container="main",namespace="default",pod="busy"\} \S+ \d+$/m,
  )
  t.match(resource.body, /^node_memory_working_set_bytes \d+ \d+$/m)
  const cadvisor = await ask('/metrics/cadvisor')
  t.match(cadvisor.body, /^container_cpu_cfs_throttled_periods_total\{container="main".*pod="busy"\} \d+ \d+$/m)
  t.match(cadvisor.body, /^container_spec_memory_limit_bytes\{container="main".*\} 67108864 \d+$/m)
  t.match(cadvisor.body, /^container_network_transmit_bytes_total\{.*pod="busy",interface="eth0"\} \d+ \d+$/m)
})

t.test('who may not read the node’s metrics is refused', async (t) => {
  for (const [path, subresource] of [
    ['/stats/summary', 'stats'],
    ['/metrics/resource', 'metrics'],
    ['/metrics/cadvisor', 'metrics'],
  ] as const)
    t.match(await ask(path, reader), {
      code: 403,
      body: `Forbidden (user=reader, verb=get, resource=nodes, subresource(s)=[${subresource}])`,
    })
  t.equal((await ask('/metrics/nothing')).code, 404)
  t.equal((await ask('/stats')).code, 404)
})

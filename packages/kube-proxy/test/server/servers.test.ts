import { silentLogger } from '@tandem/component-base'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import t from 'tap'
import { validateFlags } from '../../src/options.ts'
import { bind, healthListener, metricsListener, parseBindAddress } from '../../src/server/proxy-server.ts'
import { createServiceHealthServer } from '../../src/server/service-health.ts'
import { ServiceMap } from '../../src/service-map.ts'
import { serviceOf, sliceOf } from '../../src/testing/objects.ts'

t.test('addresses to bind to', async (t) => {
  const rows: [string, { host: string; port: number }][] = [
    ['127.0.0.1:10256', { host: '127.0.0.1', port: 10256 }],
    ['0.0.0.0', { host: '0.0.0.0', port: 1 }],
    [':9', { host: '0.0.0.0', port: 9 }],
    ['[::1]:9', { host: '::1', port: 9 }],
  ]
  for (const [text, expected] of rows) t.same(parseBindAddress(text, 1), expected, text)
})

t.test('health tells when rules were last right', async (t) => {
  let healthy = true
  const listener = healthListener(() => ({ healthy, lastUpdated: 1_000 }), { now: () => 61_000 })
  const server = await bind(listener, { host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)
  const good = await get('/healthz')
  t.same(
    [good.status, await good.json()],
    [200, { lastUpdated: '1970-01-01T00:01:01.000Z', currentTime: '1970-01-01T00:01:01.000Z', nodeEligible: true }],
  )
  healthy = false
  const bad = await get('/healthz')
  t.match([bad.status, await bad.json()], [503, { lastUpdated: '1970-01-01T00:00:01.000Z' }])
  t.equal((await get('/other')).status, 404)
})

t.test('metrics and mode', async (t) => {
  const server = await bind(metricsListener(createMetrics({ process: false }), 'iptables'), {
    host: '127.0.0.1',
    port: 0,
  })
  t.teardown(() => server.close())
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).text()
  t.equal(await get('/proxyMode'), 'iptables')
  t.match(await get('/metrics'), /kubernetes_build_info/)
})

t.test('a health-check node port tells whether this node has endpoints', async (t) => {
  // A port that was free a moment ago.
  const probe = await bind(() => {}, { host: '127.0.0.1', port: 0 })
  const { port } = probe
  await probe.close()
  const health = createServiceHealthServer({
    addresses: ['127.0.0.1'],
    isProxyHealthy: () => true,
    logger: silentLogger,
  })
  t.teardown(() => health.close())
  const map = new ServiceMap({ name: 'node-1' })
  const get = async () => {
    health.update(map.state())
    await new Promise((resolve) => setTimeout(resolve, 20))
    const response = await fetch(`http://127.0.0.1:${port}/`)
    return [response.status, response.headers.get('x-load-balancing-endpoint-weight'), await response.json()]
  }
  map.setService(
    serviceOf({
      name: 'web',
      type: 'LoadBalancer',
      clusterIP: '10.96.0.1',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: port,
    }),
  )
  map.setSlice(
    sliceOf('web', { port: 80, endpoints: ['10.244.0.1', { addresses: ['10.244.1.1'], nodeName: 'node-2' }] }),
  )
  t.same(await get(), [
    200,
    '1',
    { service: { namespace: 'default', name: 'web' }, localEndpoints: 1, serviceProxyHealthy: true },
  ])
  map.setSlice(sliceOf('web', { port: 80, endpoints: [{ addresses: ['10.244.1.1'], nodeName: 'node-2' }] }))
  t.match(await get(), [503, '0', { localEndpoints: 0 }])
  map.deleteService(serviceOf({ name: 'web', clusterIP: '10.96.0.1' }))
  await t.rejects(get())
})

t.test('flags that would make bad rules are refused', async (t) => {
  const rows: [Parameters<typeof validateFlags>[0], RegExp][] = [
    [{ 'cluster-cidr': ['10.244.0.0'] }, /--cluster-cidr: 10.244.0.0 is not a range/],
    [{ 'isolate-from': ['10.0.0.0/33'] }, /--isolate-from/],
    [{ 'isolate-ports': ['80 -j ACCEPT'] }, /--isolate-ports/],
    [{ 'iptables-masquerade-bit': 32 }, /not within the range \[0, 31\]/],
    [{ 'proxy-mode': 'ipvs' }, /ipvs is not supported/],
  ]
  for (const [flags, message] of rows) t.throws(() => validateFlags(flags), { message })
  t.doesNotThrow(() => validateFlags({ 'cluster-cidr': ['10.244.0.0/16'], 'isolate-ports': ['6443'] }))
})

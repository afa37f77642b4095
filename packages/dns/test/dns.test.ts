import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { services } from '@tandem/api/core/v1/service'
import type { Service } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger, systemClock } from '@tandem/component-base'
import * as dnsPacket from 'dns-packet'
import t, { type Test } from 'tap'
import { parseResolvConf, parseUpstream } from '../src/plugins/forward.ts'
import { serveDns } from '../src/server/dns-server.ts'
import { tcpMessages, withLength } from '../src/server/tcp-framing.ts'
import { startDns } from '../src/start.ts'

const until = async <T>(read: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < 400; tries++) {
    const value = await read().catch(() => undefined)
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not happen')
}

const sendUdp = (port: number, message: Buffer): Promise<Buffer> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.on('message', (response) => {
      socket.close()
      resolve(response)
    })
    socket.send(message, port, '127.0.0.1')
  })

const sendTcp = (port: number, message: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.on(
      'data',
      tcpMessages((response) => {
        socket.destroy()
        resolve(response)
      }),
    )
    // In two pieces, as a network may deliver it.
    const framed = withLength(message)
    socket.write(framed.subarray(0, 5))
    setTimeout(() => socket.write(framed.subarray(5)), 5)
  })

const queryOf = (name: string, type: dnsPacket.RecordType = 'A', additionals: dnsPacket.Answer[] = []): Buffer =>
  dnsPacket.encode({
    type: 'query',
    id: 4711,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals,
  })

const opt = (udpPayloadSize: number): dnsPacket.Answer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  flags: 0,
  extendedRcode: 0,
  ednsVersion: 0,
  flag_do: false,
  options: [],
})

const dataOf = (response: Buffer): unknown[] =>
  (dnsPacket.decode(response).answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined))
const rcodeOf = (response: Buffer): number => (response[3] ?? 0) & 15

async function setUp(t: Test) {
  const client = new FakeClient()
  client.seed(namespaces, { metadata: { name: 'default' }, spec: {} })
  const meta = { namespace: 'default', labels: { 'kubernetes.io/service-name': 'many' } }
  client.seed<Service>(
    services,
    { metadata: { namespace: 'default', name: 'web' }, spec: { clusterIP: '10.96.0.20', ports: [{ port: 80 }] } },
    { metadata: { namespace: 'default', name: 'many' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
    { metadata: { namespace: 'default', name: 'outside' }, spec: { type: 'ExternalName', externalName: 'up.example' } },
  )
  const addresses = Array.from({ length: 200 }, (_, index) => `10.244.1.${index + 1}`)
  client.seed<EndpointSlice>(endpointSlices, {
    metadata: { ...meta, name: 'many-1' },
    addressType: 'IPv4' as EndpointSlice['addressType'],
    ports: [{ name: '', protocol: 'TCP', port: 80 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  })
  let asked = 0
  const upstream = await serveDns({
    address: '127.0.0.1',
    port: 0,
    async answer({ question }) {
      asked++
      if (question.name !== 'up.example') return { rcode: 'NXDOMAIN', answers: [], authoritative: true }
      return {
        rcode: 'NOERROR',
        answers: [{ type: 'A', name: question.name, ttl: 60, data: '192.0.2.7' }],
        authoritative: true,
      }
    },
  })
  let port = 0
  const dns = await startDns(
    {
      client,
      'bind-address': '127.0.0.1',
      port: 0,
      'advertise-address': '192.0.2.1',
      'cluster-dns': '10.96.0.10',
      'hostname-override': 'node-1',
      upstream: [`127.0.0.1:${upstream.port}`],
      listening: (chosen) => {
        port = chosen
      },
    },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(async () => {
    await dns.stop()
    await upstream.close()
  })
  return { client, port, asked: () => asked }
}

t.test('a server over real sockets', async (t) => {
  const { client, port, asked } = await setUp(t)

  t.test('answers over UDP and TCP', async (t) => {
    for (const send of [sendUdp, sendTcp]) {
      const response = await send(port, queryOf('web.default.svc.cluster.local'))
      t.same(dataOf(response), ['10.96.0.20'])
      t.match(dnsPacket.decode(response), { id: 4711, flag_aa: true, flag_ra: true, flag_rd: true })
    }
  })

  t.test('marks what does not fit, as much as the client can take, and gives all of it over TCP', async (t) => {
    const name = 'many.default.svc.cluster.local'
    const plain = await sendUdp(port, queryOf(name))
    t.ok(plain.length <= 512 && dnsPacket.decode(plain).flag_tc)
    const edns = await sendUdp(port, queryOf(name, 'A', [opt(4096)]))
    t.ok(edns.length > 512 && edns.length <= 1232 && dnsPacket.decode(edns).flag_tc)
    t.equal(dnsPacket.decode(edns).additionals?.[0]?.type, 'OPT')
    t.equal(dataOf(await sendTcp(port, queryOf(name))).length, 200)
  })

  t.test('asks upstream for other names, once while the answer holds', async (t) => {
    t.same(dataOf(await sendUdp(port, queryOf('up.example'))), ['192.0.2.7'])
    const before = asked()
    t.same(dataOf(await sendUdp(port, queryOf('up.example'))), ['192.0.2.7'])
    t.equal(asked(), before)
    t.equal(rcodeOf(await sendUdp(port, queryOf('no.example'))), 3)
  })

  t.test('follows an ExternalName', async (t) => {
    t.same(dataOf(await sendUdp(port, queryOf('outside.default.svc.cluster.local'))), ['up.example', '192.0.2.7'])
  })

  t.test('knows a Service as soon as its cache does', async (t) => {
    await client.create<Service>(services, {
      metadata: { namespace: 'default', name: 'late' },
      spec: { clusterIP: '10.96.0.99', ports: [{ port: 80 }] },
    })
    const answer = await until(async () => {
      const data = dataOf(await sendUdp(port, queryOf('late.default.svc.cluster.local')))
      return data.length > 0 ? data : undefined
    })
    t.same(answer, ['10.96.0.99'])
  })

  t.test('keeps its own Service and slice, also when somebody removes them', async (t) => {
    const key = { namespace: 'kube-system', name: 'kube-dns' }
    t.match(await until(() => client.get(services, key)), {
      spec: {
        clusterIP: '10.96.0.10',
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
    })
    const slice = await until(() => client.get(endpointSlices, { ...key, name: 'kube-dns-node-1' }))
    t.match(slice, { endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port }, { port }] })
    await client.delete(endpointSlices, { ...key, name: 'kube-dns-node-1' })
    await until(() => client.get(endpointSlices, { ...key, name: 'kube-dns-node-1' }))
  })

  t.test('refuses what it cannot answer, and lives on', async (t) => {
    t.equal(
      rcodeOf(await sendUdp(port, Buffer.concat([queryOf('web.default').subarray(0, 12), Buffer.from([0xff, 0xff])]))),
      1,
      'malformed',
    )
    const status = queryOf('web.default')
    status[2] = (2 << 3) | 1
    t.equal(rcodeOf(await sendUdp(port, status)), 4, 'another opcode')
    t.equal(
      rcodeOf(
        await sendUdp(
          port,
          dnsPacket.encode({
            type: 'query',
            questions: [
              { name: 'a', type: 'A' },
              { name: 'b', type: 'A' },
            ],
          }),
        ),
      ),
      1,
      'two questions',
    )
    const none = createSocket('udp4')
    for (const junk of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(64, 0xff)]) none.send(junk, port, '127.0.0.1')
    t.same(dataOf(await sendUdp(port, queryOf('web.default.svc.cluster.local'))), ['10.96.0.20'])
    none.close()
  })
})

t.test('without an answer from upstream the client is told to try elsewhere', async (t) => {
  const client = new FakeClient()
  let port = 0
  const listening = (chosen: number) => {
    port = chosen
  }
  const dns = await startDns(
    { client, 'bind-address': '127.0.0.1', port: 0, upstream: ['127.0.0.1:1'], listening },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(() => dns.stop())
  t.equal(rcodeOf(await sendUdp(port, queryOf('example.com'))), 2)
})

t.test('name servers are read', async (t) => {
  t.same(parseResolvConf('# x\nnameserver 192.0.2.1\nsearch a\n nameserver fd00::1\n'), ['192.0.2.1', 'fd00::1'])
  t.same(['192.0.2.1', '192.0.2.1:5353', 'fd00::1', '[fd00::1]:5353'].map(parseUpstream), [
    { address: '192.0.2.1', port: 53 },
    { address: '192.0.2.1', port: 5353 },
    { address: 'fd00::1', port: 53 },
    { address: 'fd00::1', port: 5353 },
  ])
})

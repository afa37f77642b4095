import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import { startTestServer, type TestClientConfig } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
// Each holds as much as an object may; so few of them fill what a watcher may let pile up.
const payload = 'x'.repeat(900_000)
const writes = 30

interface Stuck {
  /** Resolves when the server has ended the watch, with all that was read of it after `read`. */
  ended(): Promise<string>
}

const closeFrame = Buffer.from([0x88, 2, 0x03, 0xe8])

const tlsOptions = ({ server, certificate, key, certificateAuthority }: TestClientConfig) => ({
  host: '127.0.0.1',
  port: Number(new URL(server).port),
  cert: certificate,
  key,
  ca: certificateAuthority,
})

/** Asks over HTTP/1.1 and then reads nothing; the operating system takes some of it all the same. */
async function stuckOverHttp1(
  config: TestClientConfig,
  path: string,
  headers = 'Connection: close\r\n',
): Promise<Stuck> {
  const socket: TLSSocket = connectTls({ ...tlsOptions(config), ALPNProtocols: ['http/1.1'] })
  await once(socket, 'secureConnect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
  const [head] = await once(socket, 'data')
  socket.pause()
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  return {
    async ended() {
      const parts: Buffer[] = [head]
      socket.on('data', (part: Buffer) => {
        parts.push(part)
        // A WebSocket is closed by both sides.
        if (part.subarray(-4).equals(closeFrame)) socket.end()
      })
      socket.resume()
      await closed
      return Buffer.concat(parts).toString()
    },
  }
}

async function stuckOverHttp2(config: TestClientConfig, path: string): Promise<Stuck> {
  const session = connectHttp2(config.server, tlsOptions(config))
  const stream = session.request({ ':path': path })
  await once(stream, 'response')
  stream.pause()
  stream.on('error', () => undefined)
  const closed = once(stream, 'close')
  return {
    async ended() {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.resume()
      await closed
      session.destroy()
      return Buffer.concat(parts).toString()
    },
  }
}

const webSocketHeaders =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

const ways = [
  { name: 'HTTP/1.1', open: stuckOverHttp1 },
  { name: 'HTTP/2', open: stuckOverHttp2 },
  {
    name: 'WebSocket',
    open: (config: TestClientConfig, path: string) => stuckOverHttp1(config, path, webSocketHeaders),
  },
]

t.test('clients that do not read', async (t) => {
  const server = await startTestServer({ requestTimeout: 5 })
  const { ask, close } = await requestsOf(server)
  t.teardown(async () => {
    await close()
    await server.stop()
  })
  const until = async (metric: RegExp) => {
    for (let tries = 0; tries < 400; tries++) {
      if (metric.test((await ask('GET', '/metrics')).text)) return t.pass(String(metric))
      await sleep(50)
    }
    return t.fail(String(metric))
  }
  const config = await server.clientConfig()
  const from = (await ask('GET', configMaps)).body.metadata.resourceVersion
  const stuck = await Promise.all(ways.map(({ open }) => open(config, `${configMaps}?watch=1&resourceVersion=${from}`)))
  const versions: string[] = []
  for (let i = 0; i < writes; i++) {
    const written = await ask('POST', configMaps, { metadata: { name: `c${i}` }, data: { payload } })
    versions.push(written.body.metadata.resourceVersion)
  }
  t.equal(versions.filter(Boolean).length, writes)
  await until(/apiserver_terminated_watchers_total{group="",resource="configmaps"} 3\n/)

  for (const [index, { name }] of ways.entries())
    await t.test(`a watcher is dropped, and can go on from where it was: ${name}`, async (t) => {
      const read = (await stuck[index]?.ended()) ?? ''
      const seen = versions.filter((version) => read.includes(`"resourceVersion":"${version}"`))
      t.ok(seen.length < writes, 'not all of it was sent')
      t.same(seen, versions.slice(0, seen.length), 'what was sent has no gap')
      const rest = await ask('GET', `${configMaps}?watch=1&timeoutSeconds=1&resourceVersion=${seen.at(-1) ?? from}`)
      const events = rest.text.trim().split('\n')
      t.same(
        events.map((line) => /"resourceVersion":"(\d+)"/.exec(line)?.[1]),
        versions.slice(seen.length),
        'the rest comes without gap or duplicate',
      )
    })

  await t.test('lists are cut off when their time is over, and memory stays', async (t) => {
    const before = process.memoryUsage().arrayBuffers
    const lists = await Promise.all([
      ...Array.from({ length: 5 }, () => stuckOverHttp1(config, configMaps)),
      ...Array.from({ length: 5 }, () => stuckOverHttp2(config, configMaps)),
    ])
    // Ten lists of 27 MB each wait for their readers.
    const held = process.memoryUsage().arrayBuffers - before
    t.ok(held < 100e6, `${Math.round(held / 1e6)} MB are held for ten lists`)
    await until(/apiserver_current_inflight_requests{request_kind="readOnly"} 1\n/)
    for (const { ended } of lists) t.notMatch(await ended(), /"name":"c29"/, 'the end was never sent')
  })
})

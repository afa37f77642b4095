import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createWebSocketStream, WebSocket } from 'ws'
import { acceptPortForward } from '../../src/streaming/port-forward.ts'
import {
  acceptRemoteCommand,
  commandExited,
  commandSucceeded,
  type RemoteCommandStreams,
} from '../../src/streaming/remote-command.ts'
import { SpdyConnection } from '../../src/streaming/spdy/connection.ts'
import { refuseUpgrade, type Upgrade, UpgradeError } from '../../src/streaming/upgrade.ts'

type Tap = { teardown(done: () => void): void }

/** A server on loopback that gives every upgrade to `accept`. */
async function serve(t: Tap, accept: (upgrade: Upgrade) => Promise<unknown>): Promise<number> {
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    accept({ request, socket, head }).catch((error: unknown) =>
      error instanceof UpgradeError ? refuseUpgrade(socket, error) : socket.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** Upgrades to SPDY as older clients do. */
const dialSpdy = (port: number, protocols: string): Promise<{ socket: Duplex; protocol: unknown }> =>
  new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocols }
    const request = httpRequest({ port, method: 'POST', headers, agent: false })
    request.on('upgrade', (response, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve({ socket, protocol: response.headers['x-stream-protocol-version'] })
    })
    request.on('response', (response) => reject(new Error(String(response.statusCode))))
    request.on('error', reject)
    request.end()
  })

/** A command that shouts back what it is told, and says goodbye on stderr. */
async function shout(streams: RemoteCommandStreams): Promise<void> {
  const { stdin, stdout, stderr } = streams
  for await (const chunk of stdin ?? []) stdout?.write(String(chunk).toUpperCase())
  stderr?.write('bye')
  await streams.finish(commandExited(3))
}

const all = { stdin: true, stdout: true, stderr: true, tty: false }

t.test('a command over WebSocket', async (t) => {
  const rows: [string, boolean][] = [
    ['v5.channel.k8s.io', false],
    ['v4.base64.channel.k8s.io', true],
  ]
  for (const [protocol, base64] of rows) {
    t.test(protocol, async (t) => {
      const port = await serve(t, async (upgrade) => shout(await acceptRemoteCommand(upgrade, all)))
      const client = new WebSocket(`ws://127.0.0.1:${port}/exec`, [protocol])
      const output = new Map<number, string>()
      client.on('message', (message: Buffer) => {
        const channel = (message[0] ?? 0) - (base64 ? 0x30 : 0)
        const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
        output.set(channel, (output.get(channel) ?? '') + data)
      })
      await new Promise((resolve) => client.once('open', resolve))
      t.equal(client.protocol, protocol)
      client.send(base64 ? `0${Buffer.from('hello').toString('base64')}` : Buffer.from('\0hello'))
      if (base64) {
        client.close()
        return
      }
      client.send(Buffer.from([255, 0]))
      const code = await new Promise((resolve) => client.once('close', resolve))
      t.equal(code, 1000)
      t.equal(output.get(1), 'HELLO')
      t.equal(output.get(2), 'bye')
      t.match(JSON.parse(output.get(3) ?? ''), {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      })
    })
  }
})

t.test('terminal sizes reach the command, also one that came early', async (t) => {
  const sizes: unknown[] = []
  const port = await serve(t, async (upgrade) => {
    const streams = await acceptRemoteCommand(upgrade, { ...all, tty: true })
    await new Promise((resolve) => setTimeout(resolve, 20))
    streams.onResize((size) => sizes.push(size))
    streams.stdin?.resume().on('end', () => void streams.finish(commandSucceeded))
  })
  const client = new WebSocket(`ws://127.0.0.1:${port}/exec`, ['v5.channel.k8s.io'])
  await new Promise((resolve) => client.once('open', resolve))
  client.send(Buffer.from('\x04{"Width":80,"Height":24}'))
  client.send(Buffer.from('\x04nonsense'))
  client.send(Buffer.from([255, 0]))
  await new Promise((resolve) => client.once('close', resolve))
  t.same(sizes, [{ width: 80, height: 24 }])
})

t.test('a client that goes away aborts the command', async (t) => {
  let gone = () => {}
  const aborted = new Promise<void>((resolve) => {
    gone = resolve
  })
  const port = await serve(t, async (upgrade) => {
    const { signal } = await acceptRemoteCommand(upgrade, all)
    signal.addEventListener('abort', gone)
  })
  const client = new WebSocket(`ws://127.0.0.1:${port}/exec`, ['v5.channel.k8s.io'])
  await new Promise((resolve) => client.once('open', resolve))
  client.terminate()
  await aborted
})

t.test('a command over SPDY', async (t) => {
  const port = await serve(t, async (upgrade) => shout(await acceptRemoteCommand(upgrade, all)))
  const { socket, protocol } = await dialSpdy(port, 'v4.channel.k8s.io, v3.channel.k8s.io')
  t.equal(protocol, 'v4.channel.k8s.io')
  const connection = new SpdyConnection(socket, { role: 'client' })
  const open = (streamtype: string) => connection.open({ streamtype })
  const [error, stdin, stdout, stderr] = [open('error'), open('stdin'), open('stdout'), open('stderr')] as const
  const long = 'abc'.repeat(100_000)
  stdin.end(long)
  const [said, complained, status] = await Promise.all([text(stdout), text(stderr), text(error)])
  t.equal(said, long.toUpperCase())
  t.equal(complained, 'bye')
  t.match(JSON.parse(status), { reason: 'NonZeroExitCode' })
  await connection.closed
})

const refusals: [string, Record<string, string>, number][] = [
  ['no stream was asked for', { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-none': '1' }, 400],
  [
    'no protocol in common',
    { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v9.channel.k8s.io' },
    403,
  ],
  ['another upgrade', { connection: 'Upgrade', upgrade: 'h2c' }, 400],
]
for (const [name, headers, status] of refusals) {
  t.test(`refused: ${name}`, async (t) => {
    const port = await serve(t, (upgrade) =>
      acceptRemoteCommand(
        upgrade,
        'x-none' in headers ? { stdin: false, stdout: false, stderr: false, tty: false } : all,
      ),
    )
    const answered = await new Promise((resolve, reject) => {
      httpRequest({ port, headers, agent: false }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    t.equal(answered, status)
  })
}

/** Forwards to a TCP server that echoes, as the kubelet does to a pod. */
async function forwarding(t: Tap): Promise<number> {
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  t.teardown(() => echo.close())
  return serve(t, (upgrade) =>
    acceptPortForward(upgrade, {
      ports: [80],
      onConnection({ port, data, error }) {
        if (port !== 80) {
          error.end(`error forwarding port ${port}`)
          data.end()
          return
        }
        const target = connect({ port: (echo.address() as AddressInfo).port, allowHalfOpen: true })
        data.pipe(target).pipe(data)
        target.on('close', () => error.end())
        data.on('close', () => target.destroy())
      },
    }),
  )
}

async function forwards(t: Tap & { equal(a: unknown, b: unknown): void }, connection: SpdyConnection) {
  const open = (port: string, requestId: string) => {
    const headers = { port, requestid: requestId }
    return {
      error: connection.open({ ...headers, streamtype: 'error' }).end(),
      data: connection.open({ ...headers, streamtype: 'data' }),
    }
  }
  const pairs = ['1', '2', '3'].map((id) => ({ ...open('80', id), sent: id.repeat(200_000) }))
  for (const { data, sent } of pairs) data.end(sent)
  for (const { data, error, sent } of pairs) {
    t.equal(await text(data), sent)
    t.equal(await text(error), '')
  }
  const bad = open('81', '4')
  t.equal(await text(bad.error), 'error forwarding port 81')
  connection.close()
  await connection.closed
}

t.test('ports over SPDY', async (t) => {
  const port = await forwarding(t)
  const { socket } = await dialSpdy(port, 'portforward.k8s.io')
  await forwards(t, new SpdyConnection(socket, { role: 'client' }))
})

/** What ws does once its own handshake is over. */
type RawWebSocket = WebSocket & { _isServer: boolean; setSocket(socket: Duplex, head: Buffer, options: object): void }

t.test('ports over SPDY in WebSocket, whose protocol has a slash in its name', async (t) => {
  const port = await forwarding(t)
  const asked = 'SPDY/3.1+portforward.k8s.io'
  // ws as a client refuses the name too, so it is asked for by hand and the answer is taken off.
  const socket = await new Promise<Duplex>((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
      'sec-websocket-protocol': asked,
    }
    httpRequest({ port, headers, agent: false })
      .on('upgrade', (response, socket) => {
        t.equal(response.headers['sec-websocket-protocol'], asked)
        resolve(socket)
      })
      .on('error', reject)
      .end()
  })
  const webSocket: RawWebSocket = Reflect.construct(WebSocket, [null, undefined, {}])
  webSocket._isServer = false
  webSocket.setSocket(socket, Buffer.alloc(0), {
    allowSynchronousEvents: true,
    maxPayload: 0,
    skipUTF8Validation: true,
  })
  await forwards(t, new SpdyConnection(createWebSocketStream(webSocket), { role: 'client' }))
})

t.test('ports over WebSocket channels', async (t) => {
  const port = await forwarding(t)
  const client = new WebSocket(`ws://127.0.0.1:${port}/portforward?ports=80`, ['v4.channel.k8s.io'])
  const messages: string[] = []
  client.on('message', (message: Buffer) => messages.push(message.toString('hex')))
  await new Promise((resolve) => client.once('open', resolve))
  client.send(Buffer.from('\0ping'))
  while (messages.length < 3) await new Promise((resolve) => client.once('message', resolve))
  t.same(messages, ['005000', '015000', `00${Buffer.from('ping').toString('hex')}`])
  client.close()
})

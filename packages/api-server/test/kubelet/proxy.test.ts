import { readFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const identity = await server.clientConfig()

/** A kubelet that tells what it was asked. */
const seen: {
  method: string | undefined
  url: string | undefined
  client: string
  headers: NodeJS.Dict<string | string[]>
}[] = []
const file = (name: string) => readFileSync(join(server.directory, name))
const burst = 3_000_000
const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' })
const kubelet = createServer(
  {
    cert: file('apiserver.crt'),
    key: file('apiserver.key'),
    ca: file('ca.crt'),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (request, response) => {
    note(request)
    const refusal = /sinceSeconds=(\d+)/.exec(request.url ?? '')?.[1]
    if (refusal) {
      response.writeHead(Number(refusal), { 'content-type': 'text/plain' }).end('no such container')
    } else if (request.url?.includes('follow')) {
      response.write('first\n')
      setTimeout(() => response.end('second\n'), 20)
    } else response.end('a line\n')
  },
)
const note = (request: import('node:http').IncomingMessage) => {
  const client = (request.socket as TLSSocket).getPeerCertificate().subject.CN
  seen.push({ method: request.method, url: request.url, client: String(client), headers: request.headers })
}
kubelet.on('upgrade', (request, socket, head) => {
  note(request)
  if (request.headers.upgrade === 'websocket') {
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      webSocket.on('message', (data) => webSocket.send(data)),
    )
    return
  }
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n')
  if (request.url?.includes('burst')) socket.end(Buffer.alloc(burst, 'x'))
  else socket.pipe(socket)
})
await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
const kubeletPort = (kubelet.address() as AddressInfo).port

const web = createPlainServer((request, response) => {
  if (request.url === '/strange') return response.socket?.end('HTTP/1.1 700 Strange\r\nContent-Length: 0\r\n\r\n')
  if (request.url === '/upgrade')
    return response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  if (request.url === '/hop') response.setHeader('proxy-connection', 'keep-alive')
  if (request.url === '/page') response.setHeader('content-type', 'text/html; charset=utf-8')
  if (request.url === '/away') response.writeHead(302, { location: '/page' })
  const { 'x-forwarded-uri': uri } = request.headers
  response.end(request.url === '/page' ? `<a href="/é">${uri}</a>` : `${request.method} ${request.url}`)
})
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
const webPort = (web.address() as AddressInfo).port

t.teardown(async () => {
  kubelet.closeAllConnections()
  kubelet.close()
  web.closeAllConnections()
  web.close()
  await admin.close()
  await server.stop()
})

await admin.ask('POST', '/api/v1/nodes', { metadata: { name: 'n1' } })
await admin.ask(
  'PATCH',
  '/api/v1/nodes/n1/status',
  {
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    },
  },
  { type: 'application/merge-patch+json' },
)
const pods = '/api/v1/namespaces/default/pods'
await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
const ports = [{ name: 'web', containerPort: webPort }]
await admin.ask('POST', pods, {
  metadata: { name: 'p' },
  spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', ports }] },
})
await admin.ask(
  'PATCH',
  `${pods}/p/status`,
  { status: { podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] } },
  { type: 'application/merge-patch+json' },
)

t.test('logs come from the kubelet', async (t) => {
  const answer = await admin.ask('GET', `${pods}/p/log?tailLines=5&timestamps=true`)
  t.equal(answer.text, 'a line\n')
  t.match(seen.at(-1), {
    method: 'GET',
    url: '/containerLogs/default/p/c?timestamps=true&tailLines=5',
    client: 'kube-apiserver-kubelet-client',
  })
  t.equal((await admin.ask('GET', `${pods}/p/log?follow=true`)).text, 'first\nsecond\n')
})

t.test('what a kubelet refuses is told as a Status', async (t) => {
  const rows: [code: number, reason: string, message: string][] = [
    [400, 'BadRequest', 'no such container'],
    [403, 'Forbidden', 'no such container ( pods/log p)'],
    [404, 'NotFound', 'the server could not find the requested resource ( pods/log p)'],
    [500, 'InternalError', 'Internal error occurred: no such container'],
    [
      502,
      'InternalError',
      'an error on the server ("no such container") has prevented the request from succeeding ( pods/log p)',
    ],
  ]
  for (const [code, reason, message] of rows) {
    const answer = await admin.ask('GET', `${pods}/p/log?sinceSeconds=${code}`)
    t.equal(answer.code, code)
    t.match(answer.body, { kind: 'Status', code, reason, message })
  }
})

const webSocketTo = (path: string, protocol = 'v5.channel.k8s.io') =>
  new WebSocket(server.url.replace('https', 'wss') + path, [protocol], {
    ca: identity.certificateAuthority,
    cert: identity.certificate,
    key: identity.key,
  })

t.test('logs over a WebSocket', async (t) => {
  for (const [protocol, decode] of [
    ['binary.k8s.io', String],
    ['base64.binary.k8s.io', (data: unknown) => Buffer.from(String(data), 'base64').toString()],
  ] as const) {
    const socket = webSocketTo(`${pods}/p/log?follow=true`, protocol)
    let text = ''
    const code = await new Promise((resolve, reject) => {
      socket.on('message', (data) => {
        text += decode(data)
      })
      socket.on('close', resolve)
      socket.on('error', reject)
    })
    t.same({ code, text }, { code: 1000, text: 'first\nsecond\n' }, protocol)
  }
})

t.test('exec over a WebSocket', async (t) => {
  const socket = webSocketTo(`${pods}/p/exec?command=sh&command=-c&command=ls&stdin=true&stdout=true&tty=true`)
  const echoed = await new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('hello'))
    socket.on('message', (data) => resolve(String(data)))
    socket.on('error', reject)
  })
  socket.close()
  t.equal(echoed, 'hello')
  t.equal(socket.protocol, 'v5.channel.k8s.io')
  t.match(seen.at(-1), { url: '/exec/default/p/c?input=1&output=1&tty=1&command=sh&command=-c&command=ls' })
  t.notOk(seen.at(-1)?.headers.authorization)
})

t.test('what is refused is refused before anything is upgraded', async (t) => {
  const rows: [path: string, code: number][] = [
    [`${pods}/none/exec?command=ls&stdout=true`, 404],
    [`${pods}/p/exec?command=ls`, 400],
    [`${pods}/p/exec?stdout=true`, 400],
    [`${pods}/p/exec?command=ls&stdout=true&container=x`, 400],
  ]
  for (const [path, code] of rows) {
    const socket = webSocketTo(path)
    const got = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(response.statusCode)
      })
      socket.on('open', () => resolve('open'))
      socket.on('error', () => undefined)
    })
    socket.terminate()
    t.equal(got, code, path)
  }
})

t.test('port-forward and exec over SPDY are passed through as they are', async (t) => {
  for (const path of [`${pods}/p/portforward`, `${pods}/p/exec?command=ls&stdout=1`]) {
    const socket = connect({
      host: '127.0.0.1',
      port: server.server.port,
      ca: identity.certificateAuthority,
      cert: identity.certificate,
      key: identity.key,
      ALPNProtocols: ['http/1.1'],
    })
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n`,
    )
    const text = await new Promise<string>((resolve) => {
      let all = ''
      socket.on('data', (data) => {
        all += data
        if (all.endsWith('\r\n\r\n')) socket.write('frame')
        if (all.endsWith('frame')) resolve(all)
      })
    })
    socket.destroy()
    t.match(text, /^HTTP\/1.1 101 Switching Protocols\r\n[\s\S]*Upgrade: SPDY\/3.1\r\n[\s\S]*frame$/)
    t.equal(seen.at(-1)?.headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
  }
})

t.test('what a kubelet says last still arrives', async (t) => {
  const socket = connect({
    host: '127.0.0.1',
    port: server.server.port,
    ca: identity.certificateAuthority,
    cert: identity.certificate,
    key: identity.key,
    ALPNProtocols: ['http/1.1'],
  })
  const path = `${pods}/p/exec?command=burst&stdout=1`
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n`,
  )
  let received = 0
  socket.on('data', (data: Buffer) => {
    received += data.length
    socket.pause()
    setTimeout(() => socket.resume(), 1)
  })
  await new Promise((resolve) => socket.once('close', resolve))
  t.ok(received > burst, `${received} bytes of ${burst} and a head`)
})

t.test('HTTP to pods, services and nodes', async (t) => {
  t.equal((await admin.ask('GET', `${pods}/p/proxy/a/b?c=d`)).text, 'GET /a/b?c=d')
  t.equal((await admin.ask('POST', `${pods}/p:web/proxy/x`, '{}')).text, 'POST /x')
  t.equal((await admin.ask('POST', `${pods}/p/proxy?c=d`, '{}')).text, 'POST /?c=d')
  t.match(await admin.ask('GET', `${pods}/p/proxy?c=d`), { code: 301, headers: { location: `${pods}/p/proxy/?c=d` } })
  t.equal((await admin.ask('GET', `${pods}/p/proxy/page`)).text, `<a href="${pods}/p/proxy/é">${pods}/p/proxy/page</a>`)
  t.equal((await admin.ask('GET', `${pods}/p/proxy/away`)).headers.location, `${pods}/p/proxy/page`)
  await admin.ask('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 's' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  })
  t.match((await admin.ask('GET', '/api/v1/namespaces/default/services/s:http/proxy/')).body, {
    code: 503,
    message: 'no endpoints available for service "s:http"',
  })
  t.equal((await admin.ask('GET', '/api/v1/nodes/n1/proxy/pods')).text, 'a line\n')
  t.match(seen.at(-1), { url: '/pods' })
})

t.test('a body is never read as the next request', async (t) => {
  const before = seen.length
  t.equal((await admin.ask('DELETE', '/api/v1/nodes/n1/proxy/x', 'GET /smuggled HTTP/1.1\r\n\r\n')).code, 200)
  t.equal((await admin.ask('GET', '/api/v1/nodes/n1/proxy/y')).text, 'a line\n')
  t.same(
    seen.slice(before).map(({ method, url, headers }) => [method, url, headers['content-length']]),
    [
      ['DELETE', '/x', '26'],
      ['GET', '/y', undefined],
    ],
  )
  const client = connect({
    host: '127.0.0.1',
    port: server.server.port,
    ca: identity.certificateAuthority,
    cert: identity.certificate,
    key: identity.key,
    ALPNProtocols: ['http/1.1'],
  })
  client.write('GET /api/v1/nodes/n1/proxy/z HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nGET /zz')
  await new Promise((resolve) => client.once('data', resolve))
  client.destroy()
  t.match(seen.at(-1), { url: '/z', headers: { 'content-length': undefined } }, 'a body that a GET leaves here')
})

t.test('what a pod answers cannot harm the server', async (t) => {
  t.match((await admin.ask('GET', `${pods}/p/proxy/strange`)).body, { code: 500, message: /unexpected status 700/ })
  t.match((await admin.ask('GET', `${pods}/p/proxy/upgrade`)).body, { code: 500, message: /unexpected upgrade/ })
  t.equal((await admin.ask('GET', `${pods}/p/proxy/hop`)).text, 'GET /hop')
  t.equal((await admin.ask('GET', `${pods}/p/proxy/a?b?c`)).text, 'GET /a?b?c')
})

t.test('a kubelet that cannot be reached', async (t) => {
  await admin.ask(
    'PATCH',
    '/api/v1/nodes/n1/status',
    { status: { daemonEndpoints: { kubeletEndpoint: { Port: 1 } } } },
    { type: 'application/merge-patch+json' },
  )
  t.match((await admin.ask('GET', `${pods}/p/log`)).body, {
    kind: 'Status',
    code: 503,
    message: /dial tcp 127.0.0.1:1/,
  })
})

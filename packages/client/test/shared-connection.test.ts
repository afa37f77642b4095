import { once } from 'node:events'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createCertificateAuthority, issueCertificate } from '@tandem/component-base/tls/index'
import t from 'tap'
import { SharedConnection } from '../src/shared-connection.ts'

const authority = await createCertificateAuthority({ commonName: 'test' })
const { certificate, key } = await issueCertificate(authority, {
  commonName: 'server',
  ipAddresses: ['127.0.0.1'],
  usages: ['server auth'],
})
const tls = { cert: certificate, key }

type Tap = { teardown(done: () => Promise<void>): void }

/** Answers every request with one line, and goes on. */
async function serve(t: Tap, server: Server) {
  const sockets = new Set<Socket>()
  let opened = 0
  server.on('secureConnection', (socket: Socket) => {
    opened++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => {
    response.writeHead(200)
    response.write(`${request.url}\n`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const connection = new SharedConnection(`https://127.0.0.1:${port}`, {
    bodyTimeout: 0,
    connect: { ca: authority.certificate },
  })
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  t.teardown(async () => {
    await connection.close()
    await close()
  })
  return { connection, opened: () => opened, sockets, close }
}

const http2 = (): Http2SecureServer => createSecureServer(tls)

/** Asks, and reads the first line of what is answered. */
async function ask(connection: SharedConnection, path: string, signal?: AbortSignal) {
  const { body } = await connection.request({ method: 'GET', path, signal: signal ?? null })
  const lines = body[Symbol.asyncIterator]()
  const first = String((await lines.next()).value)
  return { first, rest: lines }
}

t.test('many that begin at once share one connection', async (t) => {
  const { connection, opened } = await serve(t, http2())
  const paths = Array.from({ length: 150 }, (_, index) => `/watch-${index}`)
  const answers = await Promise.all(paths.map((path) => ask(connection, path)))
  t.same(
    answers.map(({ first }) => first),
    paths.map((path) => `${path}\n`),
  )
  t.equal(opened(), 1)
})

t.test('one that is ended does not touch the others', async (t) => {
  const server = http2()
  const { connection } = await serve(t, server)
  const ending = new AbortController()
  const ended = await ask(connection, '/ended', ending.signal)
  const goingOn = await ask(connection, '/going-on')
  const response = once(server, 'request') as Promise<[unknown, { write(text: string): void }]>
  ending.abort()
  await t.rejects(ended.rest.next(), { name: 'AbortError' })
  const later = ask(connection, '/later')
  const [, writer] = await response
  t.match(await later, { first: '/later\n' })
  writer.write('more')
  t.equal(String((await (await later).rest.next()).value), 'more')
  const waiting = goingOn.rest.next()
  t.equal(await Promise.race([waiting, new Promise((resolve) => setImmediate(() => resolve('waits')))]), 'waits')
  waiting.catch(() => undefined)
})

t.test('a connection that broke is not replaced by one for each', async (t) => {
  const { connection, opened, sockets } = await serve(t, http2())
  const broken = await ask(connection, '/broken')
  for (const socket of sockets) socket.destroy()
  await t.rejects(broken.rest.next())
  await Promise.all(Array.from({ length: 20 }, (_, index) => ask(connection, `/again-${index}`)))
  // Those that ask before the break is known may open another.
  t.ok(opened() <= 3)
})

t.test('a server that speaks HTTP/1.1 alone gets a connection each', async (t) => {
  const { connection, opened } = await serve(t, createServer(tls))
  const answers = await Promise.all(['/a', '/b', '/c'].map((path) => ask(connection, path)))
  t.same(
    answers.map(({ first }) => first),
    ['/a\n', '/b\n', '/c\n'],
  )
  t.equal(opened(), 3)
})

t.test('when there is no server, everyone is told', async (t) => {
  const { connection, close } = await serve(t, http2())
  await close()
  const asked = ['/a', '/b', '/c'].map((path) => connection.request({ method: 'GET', path }))
  for (const answer of asked) await t.rejects(answer, { code: 'ECONNREFUSED' })
})

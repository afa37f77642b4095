import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { anonymous, type UserInfo } from '../../src/authentication/user.ts'
import { hasLeft, RequestContext } from '../../src/request/context.ts'
import { type HookDependencies, requestHooks } from '../../src/request/hooks.ts'

const replyOf = (raw: object) => ({ raw }) as unknown as FastifyReply

t.test('a client that left is known to have left', async (t) => {
  const told = Promise.withResolvers<readonly boolean[]>()
  const plain = createServer((_, response) => {
    const before = hasLeft(replyOf(response))
    response.once('close', () => told.resolve([before, hasLeft(replyOf(response))]))
    asked.destroy()
  }).listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const asked = request({ host: '127.0.0.1', port: (plain.address() as AddressInfo).port }).on('error', () => undefined)
  asked.end()
  t.same(await told.promise, [false, true], 'HTTP/1.1')
  plain.close()
})

t.test('a client that left over HTTP/2', async (t) => {
  const told = Promise.withResolvers<readonly boolean[]>()
  const server = createHttp2Server((_, response) => {
    const before = hasLeft(replyOf(response))
    response.once('close', () => setImmediate(() => told.resolve([before, hasLeft(replyOf(response))])))
    stream.close()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const stream = session.request({ ':path': '/' })
  t.same(await told.promise, [false, true])
  session.close()
  server.close()
})

t.test('a request whose client left while it was authenticated goes no further', async (t) => {
  const clock = new FakeClock()
  const answer = Promise.withResolvers<UserInfo>()
  const dependencies = { clock, authenticator: { name: 'slow', authenticate: () => answer.promise } }
  const [, , , authenticate] = requestHooks({ ...dependencies, deadlines: {} } as unknown as HookDependencies)
  const kube = new RequestContext({ method: 'GET', url: '/api/v1/pods', upgrade: undefined, now: 0 })
  const raw = { closed: false }
  let passed = 0
  const enter = (reply: object) =>
    authenticate?.({ kube, raw: {}, headers: {} } as FastifyRequest, replyOf(reply), () => void passed++)
  enter(raw)
  enter({ closed: false })
  raw.closed = true
  answer.resolve(anonymous)
  await answer.promise
  await Promise.resolve()
  t.equal(passed, 1, 'nothing would ever give back its place among those in flight')
})

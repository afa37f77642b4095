import { EventEmitter } from 'node:events'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import type { UserInfo } from '../../src/authentication/user.ts'
import { RequestContext } from '../../src/request/context.ts'
import { InFlightLimit } from '../../src/request/in-flight.ts'

const setUp = () => {
  const clock = new FakeClock()
  const limit = new InFlightLimit({ maxReadOnly: 2, maxMutating: 1, requestTimeout: 60_000, clock })
  /** Sends a request into the limit; what comes back ends it. */
  const enter = (method: string, url: string, user: Partial<UserInfo> = {}) => {
    const kube = new RequestContext({ method, url, upgrade: undefined, now: clock.now() })
    kube.user = { username: 'ann', uid: '', groups: [], extra: {}, ...user }
    const raw = new EventEmitter()
    const sent: { code: number; body: string }[] = []
    let code = 0
    const reply = {
      raw,
      sent: false,
      code: (status: number) => {
        code = status
        return reply
      },
      header: () => reply,
      send: (body: Uint8Array) => sent.push({ code, body: String(body) }),
      request: { kube },
    }
    const request = { kube, headers: {} }
    let refusal: Error | undefined
    limit.hook(request as unknown as FastifyRequest, reply as unknown as FastifyReply, (error) => {
      refusal = error
    })
    return { refusal: refusal as { code?: number; message?: string } | undefined, sent, end: () => raw.emit('close') }
  }
  return { clock, limit, enter }
}

t.test('readers and writers are bounded apart', async (t) => {
  const { enter, limit } = setUp()
  const first = enter('GET', '/api/v1/pods')
  enter('GET', '/api/v1/pods')
  enter('POST', '/api/v1/namespaces/a/pods')
  t.same(limit.counts, { readOnly: 2, mutating: 1 })
  t.match(enter('GET', '/api/v1/pods').refusal, { code: 429, message: 'Too many requests, please try again later.' })
  t.match(enter('DELETE', '/api/v1/namespaces/a/pods/x').refusal, { code: 429 })
  first.end()
  t.equal(enter('GET', '/api/v1/pods').refusal, undefined, 'there is room again')
})

t.test('who is let in all the same', async (t) => {
  const { enter, limit } = setUp()
  enter('POST', '/api/v1/namespaces/a/pods')
  t.equal(
    enter('POST', '/api/v1/namespaces/a/pods', { groups: ['system:masters'] }).refusal,
    undefined,
    'system:masters',
  )
  for (const url of ['/api/v1/pods?watch=1', '/api/v1/namespaces/a/pods/x/log', '/api/v1/namespaces/a/pods/x/exec'])
    for (let i = 0; i < 3; i++) t.equal(enter('GET', url).refusal, undefined, url)
  t.same(limit.counts, { readOnly: 0, mutating: 2 }, 'what is long-running is not counted')
})

t.test('a request that takes too long is answered', async (t) => {
  const { enter, clock } = setUp()
  const slow = enter('GET', '/api/v1/pods')
  const watch = enter('GET', '/api/v1/pods?watch=1')
  await clock.advance(59_000)
  t.same(slow.sent, [])
  await clock.advance(3_000)
  t.match(slow.sent[0], { code: 504, body: /Timeout: request did not complete within the allotted timeout/ })
  t.same(watch.sent, [], 'a watch has no such limit')
})

import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { RawRequest } from '../../src/client.ts'
import { createDelegatedAuth } from '../../src/delegated-auth/delegated-auth.ts'
import { FakeClient } from '../../src/testing/fake-client.ts'

const start = () => {
  const asked: string[] = []
  const answer = ({ path, body }: RawRequest) => {
    const { spec } = body as { spec: { token?: string; user?: string } }
    asked.push(`${path.split('/').at(-1)} ${spec.token ?? spec.user}`)
    if (spec.token === 'broken') throw new Error('unreachable')
    if (spec.token) return { status: { authenticated: spec.token === 'good', user: { username: 'jane' } } }
    return { status: { allowed: spec.user === 'jane', reason: 'because' } }
  }
  const clock = new FakeClock()
  return { asked, clock, auth: createDelegatedAuth({ client: new FakeClient({ request: answer }), clock }) }
}

t.test('a token is asked about once in two minutes', async (t) => {
  const { auth, asked, clock } = start()
  t.match(await Promise.all([auth.authenticate('good'), auth.authenticate('good')]), [
    { username: 'jane' },
    { username: 'jane' },
  ])
  t.equal(await auth.authenticate('bad'), undefined)
  t.same(asked, ['tokenreviews good', 'tokenreviews bad'])
  await clock.advance(120_001)
  await auth.authenticate('good')
  t.equal(asked.length, 3)
})

t.test('a question that failed is asked again', async (t) => {
  const { auth, asked } = start()
  await t.rejects(auth.authenticate('broken'))
  await t.rejects(auth.authenticate('broken'))
  t.equal(asked.length, 2)
})

t.test('what is allowed is remembered for longer than what is not', async (t) => {
  const { auth, asked, clock } = start()
  const access = { nonResourceAttributes: { path: '/metrics', verb: 'get' } }
  t.same(await auth.authorize({ username: 'jane' }, access), { allowed: true, reason: 'because' })
  t.match(await auth.authorize({ username: 'joe' }, access), { allowed: false })
  await clock.advance(31_000)
  await auth.authorize({ username: 'jane' }, access)
  await auth.authorize({ username: 'joe' }, access)
  t.same(asked, ['subjectaccessreviews jane', 'subjectaccessreviews joe', 'subjectaccessreviews joe'])
})

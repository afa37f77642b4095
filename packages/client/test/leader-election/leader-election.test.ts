import { leases } from '@tandem/api/coordination/v1/lease'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { runLeaderElection } from '../../src/leader-election/leader-election.ts'
import { FakeClient } from '../../src/testing/fake-client.ts'

const lease = { namespace: 'kube-system', name: 'kube-scheduler' }
const start = (clock: FakeClock, client: FakeClient, identity: string) => {
  const stop = new AbortController()
  const log: string[] = []
  const ended = runLeaderElection({
    client,
    clock,
    logger: silentLogger,
    lease,
    identity,
    signal: stop.signal,
    onNewLeader: (leader) => log.push(`leader ${leader}`),
    lead: (signal) =>
      new Promise((resolve) => {
        log.push('leads')
        signal.addEventListener('abort', () => {
          log.push('stops')
          resolve()
        })
      }),
  })
  ended.catch(() => undefined)
  return { log, stop, ended }
}
const holder = async (client: FakeClient) => (await client.get(leases, lease)).spec?.holderIdentity

t.test('one leads, the other waits; when the first stops it gives the lease back and the other takes it', async (t) => {
  const [clock, client] = [new FakeClock(), new FakeClient()]
  const first = start(clock, client, 'a')
  await clock.advance(0)
  const second = start(clock, client, 'b')
  await clock.advance(30_000)
  t.same([first.log, second.log], [['leader a', 'leads'], ['leader a']])
  first.stop.abort()
  await first.ended
  t.same(first.log.at(-1), 'stops')
  t.equal(await holder(client), '')
  await clock.advance(3_000)
  t.same(second.log, ['leader a', 'leader b', 'leads'])
  t.match((await client.get(leases, lease)).spec, { holderIdentity: 'b', leaseDurationSeconds: 15 })
  second.stop.abort()
  await second.ended
})

t.test('a leader that died is waited for as long as its lease lasts', async (t) => {
  const [clock, client] = [new FakeClock(), new FakeClient()]
  await client.create(leases, { metadata: lease, spec: { holderIdentity: 'dead', leaseDurationSeconds: 15 } })
  const { log, stop, ended } = start(clock, client, 'b')
  await clock.advance(14_000)
  t.same(log, ['leader dead'])
  await clock.advance(4_000)
  t.same(log.slice(1), ['leader b', 'leads'])
  t.equal((await client.get(leases, lease)).spec?.leaseTransitions, 1)
  stop.abort()
  await ended
})

t.test('a leader that cannot renew stops before another may start', async (t) => {
  let down = false
  const clock = new FakeClock()
  const client = new FakeClient({
    onWrite: () => {
      if (down) throw new Error('unreachable')
    },
  })
  const { log, ended } = start(clock, client, 'a')
  await clock.advance(4_000)
  down = true
  await clock.advance(14_000)
  t.equal(log.at(-1), 'stops')
  await t.rejects(ended, { code: 'LEADERSHIP_LOST' })
})

t.test('who is told to stop while waiting just goes', async (t) => {
  const [clock, client] = [new FakeClock(), new FakeClient()]
  await client.create(leases, { metadata: lease, spec: { holderIdentity: 'other', leaseDurationSeconds: 15 } })
  const { log, stop, ended } = start(clock, client, 'b')
  await clock.advance(1_000)
  stop.abort()
  await ended
  t.same(log, ['leader other'])
  t.equal(await holder(client), 'other')
})

t.test('a server that does not answer does not keep a leader from stopping', async (t) => {
  const [clock, client] = [new FakeClock(), new FakeClient()]
  const first = start(clock, client, 'a')
  await clock.advance(0)
  const signals: (AbortSignal | undefined)[] = []
  const update = client.update.bind(client)
  client.update = (resource, object, options) => {
    signals.push(options?.signal)
    return update(resource, object, options)
  }
  first.stop.abort()
  await first.ended
  t.match(signals, [AbortSignal], 'the lease is given back within a time')
})

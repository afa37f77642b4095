import t from 'tap'
import { Leases } from '../../src/etcd/leases.ts'

function leases(options: { reuseSeconds?: number } = {}) {
  const granted: { id: number; ttl: number }[] = []
  const clock = { now: 0, fails: false }
  const made = new Leases({
    grant: async (id, ttl) => {
      if (clock.fails) throw new Error('no')
      granted.push({ id, ttl })
    },
    now: () => clock.now,
    ...options,
  })
  return { made, granted, clock }
}

t.test('writes of about the same time share a lease that outlives what they ask for', async (t) => {
  const { made, granted, clock } = leases()
  const first = await made.leaseFor(3600)
  t.same(granted, [{ id: first, ttl: 3660 }])
  clock.now = 60_000
  t.equal(await made.leaseFor(3600), first)
  clock.now = 60_001
  t.not(await made.leaseFor(3600), first)
  t.equal(granted.length, 2)
})

t.test('those who ask at once share one grant', async (t) => {
  const { made, granted } = leases()
  const ids = await Promise.all(Array.from({ length: 10 }, () => made.leaseFor(3600)))
  t.equal(new Set(ids).size, 1)
  t.equal(granted.length, 1)
})

t.test('a short time to live is not stretched, and has a lease of its own', async (t) => {
  const { made, granted, clock } = leases()
  const long = await made.leaseFor(3600)
  t.not(await made.leaseFor(15), long)
  t.equal(granted[1]?.ttl, 15)
  clock.now = 1
  await made.leaseFor(15)
  t.equal(granted.length, 3)
  t.equal(await made.leaseFor(3600), long)
})

t.test('a lease takes a thousand keys', async (t) => {
  const { made, granted } = leases()
  for (let i = 0; i < 1001; i++) await made.leaseFor(3600)
  t.equal(granted.length, 2)
})

t.test('one that failed, or that etcd lost, is not used again', async (t) => {
  const { made, granted, clock } = leases()
  clock.fails = true
  await t.rejects(made.leaseFor(3600))
  clock.fails = false
  const id = await made.leaseFor(3600)
  made.forget(id)
  await new Promise((resolve) => setImmediate(resolve))
  t.not(await made.leaseFor(3600), id)
  t.equal(granted.length, 2)
})

import t from 'tap'
import { Change } from '../../src/registry/change.ts'
import { Entry } from '../../src/registry/entry.ts'
import { RecentChanges } from '../../src/registry/recent-changes.ts'

const entry = (name: string, revision: number, bytes = 10) =>
  new Entry({ name, namespace: '', labels: {}, fields: {} }, revision, Buffer.alloc(bytes))
const change = (revision: number, current?: Entry, previous?: Entry) =>
  new Change({ revision, current, previous, last: () => (previous ?? current) as Entry })

t.test('what came after a revision, and what was there then', async (t) => {
  const recent = new RecentChanges(1)
  const [a2, a4, b3] = [entry('a', 2), entry('a', 4), entry('b', 3)]
  for (const one of [change(2, a2), change(3, b3), change(4, a4, a2), change(5, undefined, b3)]) recent.add(one)
  t.same(
    recent.after(3).map(({ revision }) => revision),
    [4, 5],
  )
  t.same(recent.after(1).length, 4)
  t.same(recent.after(9), [])
  t.strictSame(
    [...recent.statesAt(3)],
    [
      ['a', a2],
      ['b', b3],
    ],
  )
  t.strictSame(
    [...recent.statesAt(2)],
    [
      ['b', undefined],
      ['a', a2],
    ],
  )
  t.equal(recent.since, 1)
})

t.test('the oldest are forgotten when what they hold is too much', async (t) => {
  const recent = new RecentChanges(0)
  let before = entry('a', 0, 1 << 20)
  for (let revision = 1; revision <= 20; revision++) {
    const now = entry('a', revision, 1 << 20)
    recent.add(change(revision, now, before))
    before = now
  }
  t.equal(recent.since, 12, 'eight megabytes are held')
  t.equal(recent.after(recent.since)[0]?.revision, 13)
})

t.test('or when they are too many', async (t) => {
  const recent = new RecentChanges(0)
  for (let revision = 1; revision <= 30_000; revision++) recent.add(change(revision, entry('a', revision)))
  t.equal(recent.since, 10_000)
  t.equal(recent.after(recent.since).length, 20_000)
})

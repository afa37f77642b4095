import t from 'tap'
import { CommitQueue, type CommitQueueOptions, type Write } from '../../src/level/commit-queue.ts'
import type { Operation } from '../../src/level/database.ts'

const creation = (key: string): Write => ({
  type: 'create',
  key,
  value: Buffer.from(key),
  expectedRevision: 0,
  expiry: 0,
})
const removal: Operation = { type: 'del', key: 'h:old' }
const failure = new Error('the disk is full')

interface Fake {
  queue: CommitQueue
  /** What each commit wrote. */
  commits: Operation[][]
  told: number[]
}

/** A queue over a disk that takes `commit`'s word for it. */
function queueOver(options: Partial<CommitQueueOptions> = {}): Fake {
  const commits: Operation[][] = []
  const told: number[] = []
  const queue = new CommitQueue({
    revision: 0,
    readState: () => undefined,
    readValue: () => undefined,
    guard: () => {},
    commit: async (operations) => void commits.push(operations),
    recover: async () => failure,
    committed: (events) => void told.push(...events.map(({ revision }) => revision)),
    ...options,
  })
  return { queue, commits, told }
}

t.test('what arrives in one turn is one commit, and what arrives during it another', async (t) => {
  const { queue, commits } = queueOver()
  const early = [queue.add(creation('a')), queue.add(creation('b'))]
  const late = early[0]?.then(() => Promise.all([queue.add(creation('c')), queue.add(creation('d'))]))
  t.same(await Promise.all(early), [1, 2])
  t.same(await late, [3, 4])
  t.equal(commits.length, 2)
})

t.test('upkeep goes with the writes of a batch and costs no commit of its own', async (t) => {
  const { queue, commits } = queueOver()
  const writes = Array.from({ length: 20 }, (_, i) => queue.add(creation(`${i}`)))
  await Promise.all([...writes, ...Array.from({ length: 5 }, () => queue.maintain([removal]))])
  t.equal(commits.length, 1)
  t.equal(commits[0]?.filter((operation) => operation === removal).length, 5)
})

t.test('upkeep alone is committed too, and takes no revision', async (t) => {
  const { queue, commits } = queueOver()
  await queue.maintain([removal])
  t.same(commits, [[removal]])
  t.equal(queue.revision, 0)
})

t.test('a commit that failed and is on the disk all the same is acknowledged and told', async (t) => {
  const recovered: number[] = []
  const { queue, told } = queueOver({
    commit: () => Promise.reject(failure),
    recover: async (_failure, revision) => void recovered.push(revision),
  })
  t.same(await Promise.all([queue.add(creation('a')), queue.add(creation('b'))]), [1, 2])
  t.same(recovered, [2])
  t.same(told, [1, 2])
})

t.test('a commit that failed and is not there is refused, and its revisions are given to the next', async (t) => {
  let full = true
  const { queue, told } = queueOver({ commit: async () => void (full && (await Promise.reject(failure))) })
  const results = await Promise.allSettled([
    queue.add(creation('a')),
    queue.add(creation('b')),
    queue.maintain([removal]),
  ])
  t.same(
    results.map((result) => result.status === 'rejected' && result.reason),
    [failure, failure, failure],
  )
  t.same(told, [])
  full = false
  t.equal(await queue.add(creation('c')), 1)
})

t.test('nothing is written before it is known what a failed commit left', async (t) => {
  const order: string[] = []
  const known = Promise.withResolvers<undefined>()
  const { queue } = queueOver({
    commit: async () => {
      order.push('commit')
      if (order.length === 1) throw failure
    },
    recover: async () => {
      await known.promise
      order.push('known')
      return failure
    },
  })
  const first = queue.add(creation('a')).catch((error: unknown) => error)
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = queue.add(creation('b')).catch((error: unknown) => error)
  queue.refuseWaiting(failure)
  t.equal(await waiting, failure, 'who waits can be refused meanwhile')
  const second = queue.add(creation('c'))
  known.resolve(undefined)
  t.equal(await first, failure)
  t.equal(await second, 1)
  t.same(order, ['commit', 'known', 'commit'])
})

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { withLock } from '../src/lock.ts'
import { identify } from '../src/supervisor/process-identity.ts'

t.test('one at a time is at work below a root, and the lock goes with it', async (t) => {
  const root = t.testdir()
  await withLock(root, async () => {
    await t.rejects(
      withLock(root, async () => t.fail('a second one works')),
      { message: `another tandem (process ${process.pid}) is at work here; wait until it is done` },
    )
  })
  t.notOk(existsSync(join(root, 'lock')))
  t.equal(await withLock(root, async () => 'again'), 'again')
})

t.test('a failure gives the lock back', async (t) => {
  const root = t.testdir()
  await t.rejects(
    withLock(root, () => Promise.reject(new Error('no engine'))),
    { message: 'no engine' },
  )
  t.notOk(existsSync(join(root, 'lock')))
})

const dead = [
  { name: 'a process that ended', holder: { pid: 2 ** 22 + 1, startTime: '1' } },
  { name: 'a process whose number another has by now', holder: { pid: process.pid, startTime: '1' } },
]
for (const { name, holder } of dead) {
  t.test(`the lock of ${name} is nobody's`, async (t) => {
    const root = t.testdir()
    writeFileSync(join(root, 'lock'), JSON.stringify(holder))
    t.same(await withLock(root, async () => identify(process.pid)?.pid), process.pid)
  })
}

t.test('a lock that a loss of power left empty is nobody’s', async (t) => {
  const root = t.testdir({ lock: '' })
  t.equal(await withLock(root, async () => 1), 1)
})

t.test('where there is nothing yet, nothing is locked', async (t) => {
  t.equal(await withLock(join(t.testdir(), 'none'), async () => 1), 1)
})

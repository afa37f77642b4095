import type { Test } from 'tap'
import { findFaults } from './linearizability/check.ts'
import { recordHistory, type Subject } from './linearizability/record.ts'
import { randomFrom } from './random.ts'

/** How the suite gets what it exercises: ways to one empty set of data, several where several servers lead to it. */
export interface SubjectFactory {
  open(t: Test): Promise<readonly Subject[]>
  /** For all keys it uses. */
  prefix: string
}

export interface Exercises {
  /** Each is another order of operations. */
  seeds: readonly number[]
  operations: number
}

/** Records what many concurrent clients are told, and looks for an order of their operations in which all of it is true. */
export async function linearizabilitySuite(
  t: Test,
  { open, prefix }: SubjectFactory,
  { seeds, operations }: Exercises = { seeds: [1, 2, 3], operations: 1000 },
): Promise<void> {
  for (const seed of seeds)
    await t.test(`a history of ${operations} operations is linearizable, seed ${seed}`, async (t) => {
      const subjects = await open(t)
      const exercise = { prefix: `${prefix}${seed}-`, keys: 5, processes: 12, operations, random: randomFrom(seed) }
      const history = await recordHistory(subjects, exercise)
      const answers = history.operations.map(({ action: { answer } }) => answer)
      const written = answers.filter((answer) => answer && typeof answer === 'object' && !('current' in answer)).length
      const refused = answers.filter((answer) => answer && typeof answer === 'object' && 'current' in answer).length
      t.ok(history.lists.length > 0 && written > operations / 4 && refused > operations / 100, 'much happened')
      t.same(answers.filter((answer) => answer === undefined).length, 0, 'all was answered')
      t.same(findFaults(history), [])
    })
}

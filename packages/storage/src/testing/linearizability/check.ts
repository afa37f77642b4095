import { isLinearizable } from './check-key.ts'
import type { History, List, Operation, Present } from './history.ts'

/** What is wrong with a history; nothing, when it is linearizable as far as this can tell. */
export function findFaults({ operations, lists }: History): string[] {
  const keys = new Map<string, Operation[]>()
  for (const operation of [...operations, ...lists.flatMap((list) => readsOf(list, operations))]) {
    const own = keys.get(operation.key)
    if (own) own.push(operation)
    else keys.set(operation.key, [operation])
  }
  const faults: string[] = []
  for (const [key, own] of keys) if (!isLinearizable(own)) faults.push(`${key} is not linearizable`)
  return [...faults, ...revisionFaults(operations, lists), ...lists.flatMap((list) => listFaults(list, operations))]
}

/** A list reads every key at one moment between its call and its return. */
function readsOf({ process, called, returned, entries }: List, operations: readonly Operation[]): Operation[] {
  const keys = new Set(operations.map(({ key }) => key))
  return [...keys].map((key) => ({
    process,
    key,
    called,
    returned,
    action: { type: 'get', answer: entries.get(key) ?? 'absent' },
  }))
}

const revisionOf = ({ action: { type, answer } }: Operation): number | undefined =>
  type !== 'get' && answer && typeof answer === 'object' && 'revision' in answer ? answer.revision : undefined

/** No revision is given twice, and what was called after a write returned has a greater one, on whatever key. */
function revisionFaults(operations: readonly Operation[], lists: readonly List[]): string[] {
  const faults: string[] = []
  const given = new Set<number>()
  const revised: { called: number; returned: number; revision: number; isWrite: boolean }[] = []
  for (const operation of operations) {
    const revision = revisionOf(operation)
    if (revision === undefined) continue
    if (given.has(revision)) faults.push(`revision ${revision} was given twice`)
    given.add(revision)
    revised.push({ ...operation, revision, isWrite: true })
  }
  for (const list of lists) revised.push({ ...list, isWrite: false })
  const byReturn = revised.toSorted((a, b) => a.returned - b.returned)
  let over = 0
  let latest = 0
  for (const { called, revision, isWrite } of revised.toSorted((a, b) => a.called - b.called)) {
    for (let first = byReturn[over]; first && first.returned < called; first = byReturn[++over])
      latest = Math.max(latest, first.revision)
    if (isWrite ? revision <= latest : revision < latest)
      faults.push(`revision ${revision} came after ${latest} had been told`)
  }
  return faults
}

/** A list holds what the writes up to its revision made, of all keys: no more, and no less. */
function listFaults({ revision, entries }: List, operations: readonly Operation[]): string[] {
  const last = new Map<string, { revision: number; present: Present | 'absent' }>()
  const unanswered = new Set<string>()
  for (const operation of operations) {
    const { key, action } = operation
    if (action.type === 'get') continue
    const written = revisionOf(operation)
    const answered = action.answer !== undefined && action.answer !== 'exists' && !('current' in action.answer)
    if (action.answer === undefined || (answered && written === undefined)) unanswered.add(key)
    if (written === undefined || written > revision || written < (last.get(key)?.revision ?? 0)) continue
    const present = action.type === 'delete' ? 'absent' : { value: action.value, revision: written }
    last.set(key, { revision: written, present })
  }
  const faults: string[] = []
  for (const key of new Set([...last.keys(), ...entries.keys()])) {
    // What an unanswered write did to it is told by the search alone.
    if (unanswered.has(key)) continue
    const expected = last.get(key)?.present ?? 'absent'
    const found = entries.get(key) ?? 'absent'
    const same =
      expected === found ||
      (typeof expected === 'object' &&
        typeof found === 'object' &&
        expected.revision === found.revision &&
        expected.value === found.value)
    if (!same) faults.push(`a list at ${revision} has ${key} ${shown(found)}, and it was ${shown(expected)}`)
  }
  return faults
}

const shown = (present: Present | 'absent'): string => (present === 'absent' ? present : `at ${present.revision}`)

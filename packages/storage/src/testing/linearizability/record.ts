import type { Backend, WriteResult } from '../../backend.ts'
import { KeyExistsError, RevisionMismatchError } from '../../errors.ts'
import type { Action, History, Mismatch, Operation, Present, Written } from './history.ts'

/** A write was refused for its revision by who does not tell what is there instead. */
export class StaleError extends Error {
  readonly code = 'STORAGE_STALE'
}

/** What is exercised: a backend, or what has its form. Where a write's revision is not told, it is NaN. */
export type Subject = Pick<Backend, 'get' | 'list' | 'create' | 'update' | 'delete'>

export interface Exercise {
  prefix: string
  keys: number
  processes: number
  operations: number
  /** Between 0 and 1; given so that an exercise can be repeated. */
  random(): number
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const present = (entry: Awaited<ReturnType<Backend['get']>>): Present | 'absent' =>
  entry ? { value: decode(entry.value), revision: entry.modRevision } : 'absent'

/**
 * Has many processes work on few keys at once, and writes down what each was told. Each process works with one of the subjects, which all
 * lead to the same data: several servers, say.
 */
export async function recordHistory(subjects: readonly Subject[], exercise: Exercise): Promise<History> {
  const history: History = { operations: [], lists: [] }
  const { prefix, keys, processes, random } = exercise
  let time = 0
  let values = 0
  let left = exercise.operations

  async function observe(operation: Pick<Operation, 'process' | 'key'>, act: () => Promise<Action>): Promise<Action> {
    const called = ++time
    const action = await act()
    const returned = action.answer === undefined ? Number.POSITIVE_INFINITY : ++time
    history.operations.push({ ...operation, called, returned, action })
    return action
  }

  /** Goes on from what the process last saw of a key, so that many of its writes succeed and many are too late. */
  async function work(process: number, subject: Subject): Promise<void> {
    const known = new Map<string, number>()
    while (left-- > 0) {
      const key = `${prefix}${Math.floor(random() * keys)}`
      const dice = random()
      if (dice < 0.05) await list(process, subject)
      else {
        const expected = known.get(key)
        const action = await observe({ process, key }, () =>
          act(subject, { key, expected, dice, value: `${++values}` }),
        )
        learn(known, key, action)
      }
    }
  }

  async function list(process: number, subject: Subject): Promise<void> {
    const called = ++time
    const { entries, revision } = await subject.list(prefix)
    const found = entries.map((entry): [string, Present] => [entry.key, present(entry) as Present])
    history.lists.push({ process, called, returned: ++time, revision, entries: new Map(found) })
  }

  const workers = Array.from({ length: processes }, (_, id) => work(id, subjects[id % subjects.length] as Subject))
  await Promise.all(workers)
  return history
}

function learn(known: Map<string, number>, key: string, { type, answer }: Action): void {
  const state = answer && typeof answer === 'object' && 'current' in answer ? answer.current : answer
  const revision = type !== 'delete' && typeof state === 'object' ? state.revision : undefined
  if (revision === undefined) known.delete(key)
  else known.set(key, revision)
}

async function act(
  subject: Subject,
  { key, expected, dice, value }: { key: string; expected: number | undefined; dice: number; value: string },
): Promise<Action> {
  if (dice < 0.35) return { type: 'get', answer: await subject.get(key).then(present, () => undefined) }
  if (expected === undefined) {
    const answer = await subject.create(key, encode(value)).then(written, existsOrUnknown)
    return { type: 'create', value, answer }
  }
  if (dice < 0.85) {
    const answer = await subject.update(key, encode(value), expected).then(written, mismatchOrUnknown)
    return { type: 'update', value, expected, answer }
  }
  return { type: 'delete', expected, answer: await subject.delete(key, expected).then(written, mismatchOrUnknown) }
}

const written = ({ revision }: WriteResult): Written => ({ revision: Number.isNaN(revision) ? undefined : revision })

// A refusal is an answer; any other failure leaves open what happened.
const existsOrUnknown = (error: unknown) => (error instanceof KeyExistsError ? 'exists' : undefined)
const mismatchOrUnknown = (error: unknown): Mismatch | undefined => {
  if (error instanceof StaleError) return { current: undefined }
  return error instanceof RevisionMismatchError ? { current: present(error.current) } : undefined
}

import type { Operation } from './history.ts'
import { type State, stateKey, step } from './model.ts'

/** The call or the return of an operation, in a list of both by time. */
interface Moment {
  operation: number
  isCall: boolean
  previous: Moment | undefined
  next: Moment | undefined
  /** Of a call: its return. */
  match: Moment | undefined
}

/**
 * Looks for an order of one key's operations in which each takes effect at one moment between its call and its return, and every answer
 * is true: Wing and Gong's search, with Lowe's memory of what was tried. Starts from a key that is absent.
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const head = momentsOf(operations)
  const tried = new Set<string>()
  const taken: { call: Moment; state: State; done: bigint }[] = []
  let state: State = 'absent'
  let done = 0n
  let moment = head.next
  while (moment) {
    if (moment.isCall) {
      const after = step(state, (operations[moment.operation] as Operation).action)
      const doneAfter = done | (1n << BigInt(moment.operation))
      if (after !== undefined && isNew(tried, `${doneAfter.toString(36)} ${stateKey(after)}`)) {
        taken.push({ call: moment, state, done })
        state = after
        done = doneAfter
        lift(moment)
        moment = head.next
      } else moment = moment.next
    } else {
      // An operation has returned that has not taken effect: what was taken last came at the wrong place.
      const last = taken.pop()
      if (!last) return false
      state = last.state
      done = last.done
      putBack(last.call)
      moment = last.call.next
    }
  }
  return true
}

function isNew(tried: Set<string>, key: string): boolean {
  if (tried.has(key)) return false
  tried.add(key)
  return true
}

/** Returns what stands before the first. What never returned has no return in the list: it need not have taken effect. */
function momentsOf(operations: readonly Operation[]): Moment {
  const times: [number, Moment][] = []
  for (const [operation, { called, returned }] of operations.entries()) {
    const end: Moment = { operation, isCall: false, previous: undefined, next: undefined, match: undefined }
    times.push([called, { ...end, isCall: true, match: returned === Number.POSITIVE_INFINITY ? undefined : end }])
    if (returned !== Number.POSITIVE_INFINITY) times.push([returned, end])
  }
  times.sort(([a], [b]) => a - b)
  const head: Moment = { operation: -1, isCall: false, previous: undefined, next: undefined, match: undefined }
  let last = head
  for (const [, moment] of times) {
    moment.previous = last
    last.next = moment
    last = moment
  }
  return head
}

function unlink(moment: Moment): void {
  if (moment.previous) moment.previous.next = moment.next
  if (moment.next) moment.next.previous = moment.previous
}

function relink(moment: Moment): void {
  if (moment.previous) moment.previous.next = moment
  if (moment.next) moment.next.previous = moment
}

function lift(call: Moment): void {
  unlink(call)
  if (call.match) unlink(call.match)
}

function putBack(call: Moment): void {
  if (call.match) relink(call.match)
  relink(call)
}

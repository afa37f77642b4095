import type { Action, Present } from './history.ts'

/** What one key may hold. The revision is unknown after a write whose answer never came, until somebody reads it. */
export type State = 'absent' | { value: string; revision: number | undefined }

const impossible = undefined

/** The state after an action that was answered so, or undefined when the answer cannot be true of the state. */
export function step(state: State, action: Action): State | undefined {
  const { type, answer } = action
  if (type === 'get') return answer === undefined ? state : seen(state, answer)
  if (type === 'create') {
    if (answer === 'exists') return state === 'absent' ? impossible : state
    if (state !== 'absent') return answer === undefined ? state : impossible
    return { value: action.value, revision: answer?.revision }
  }
  if (answer && 'current' in answer) {
    const found = answer.current === undefined ? state : seen(state, answer.current)
    return found !== undefined && found !== 'absent' && found.revision === action.expected ? impossible : found
  }
  const fits = state !== 'absent' && (state.revision === undefined || state.revision === action.expected)
  if (!fits) return answer === undefined ? state : impossible
  if (answer?.revision !== undefined && answer.revision <= action.expected) return impossible
  return type === 'delete' ? 'absent' : { value: action.value, revision: answer?.revision }
}

function seen(state: State, answer: Present | 'absent'): State | undefined {
  if (state === 'absent' || answer === 'absent') return state === answer ? state : impossible
  if (state.value !== answer.value) return impossible
  return state.revision === undefined || state.revision === answer.revision ? answer : impossible
}

export const stateKey = (state: State): string => (state === 'absent' ? '-' : `${state.value}@${state.revision ?? '?'}`)

/** One operation on one key, as a client saw it. Times are ticks of one counter: what returned at 5 was over before what was called at 6. */
export interface Operation {
  process: number
  key: string
  called: number
  /** Infinity when no answer came: it may have happened at any time since, or never. */
  returned: number
  action: Action
}

/** What was asked, and what was answered; `answer` is undefined when none came. Values tell writes apart: none is written twice. */
export type Action =
  | { type: 'create'; value: string; answer: Written | 'exists' | undefined }
  | { type: 'update'; value: string; expected: number; answer: Written | Mismatch | undefined }
  | { type: 'delete'; expected: number; answer: Written | Mismatch | undefined }
  | { type: 'get'; answer: Present | 'absent' | undefined }

export interface Written {
  /** Undefined where the interface does not tell it. */
  revision: number | undefined
}

export interface Mismatch {
  /** What was there instead; undefined where the interface does not tell it. */
  current: Present | 'absent' | undefined
}

export interface Present {
  value: string
  revision: number
}

/** A list as of one revision: all keys of the history that were there, at one moment. */
export interface List {
  process: number
  called: number
  returned: number
  revision: number
  entries: Map<string, Present>
}

export interface History {
  operations: Operation[]
  lists: List[]
}

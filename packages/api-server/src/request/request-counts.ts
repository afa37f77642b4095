const readOnlyVerbs = new Set(['get', 'list', 'watch'])

export const isMutating = (verb: string): boolean => !readOnlyVerbs.has(verb)

export interface CountsByKind {
  readOnly: number
  mutating: number
}

/** How many requests are executing, and how many wait until they may. */
export class RequestCounts {
  readonly executing: CountsByKind = { readOnly: 0, mutating: 0 }
  readonly waiting: CountsByKind = { readOnly: 0, mutating: 0 }

  count(phase: 'executing' | 'waiting', verb: string, by: 1 | -1): void {
    this[phase][isMutating(verb) ? 'mutating' : 'readOnly'] += by
  }
}

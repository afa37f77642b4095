/** Answers of extenders, which may begin their fields in upper or lower case, as upstream takes them. */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function field(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined
  const found = Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : (value[found] ?? undefined)
}

const texts = (value: unknown): string[] | undefined => (Array.isArray(value) ? value.map(String) : undefined)

const messagesByNode = (value: unknown): ReadonlyMap<string, string> =>
  new Map(isObject(value) ? Object.entries(value).map(([node, message]) => [node, String(message)]) : [])

export interface FilterAnswer {
  nodeNames: readonly string[]
  failed: ReadonlyMap<string, string>
  /** Where fewer pods would not help. */
  unresolvable: ReadonlyMap<string, string>
}

/** Throws what the extender says went wrong. */
export function filterAnswer(answer: unknown): FilterAnswer {
  throwError(answer)
  const items = field(field(answer, 'nodes'), 'items')
  const names = Array.isArray(items) ? items.map((node) => String(field(field(node, 'metadata'), 'name'))) : []
  return {
    nodeNames: texts(field(answer, 'nodeNames')) ?? names,
    failed: messagesByNode(field(answer, 'failedNodes')),
    unresolvable: messagesByNode(field(answer, 'failedAndUnresolvableNodes')),
  }
}

export function throwError(answer: unknown): void {
  const error = field(answer, 'error')
  if (error) throw new Error(String(error))
}

export const scoreAnswer = (answer: unknown): { host: string; score: number }[] =>
  Array.isArray(answer)
    ? answer.map((entry) => ({ host: String(field(entry, 'host')), score: Number(field(entry, 'score') ?? 0) }))
    : []

export interface VictimsAnswer {
  uids: readonly string[]
  violations: number
}

export function preemptAnswer(answer: unknown): ReadonlyMap<string, VictimsAnswer> {
  const byNode = field(answer, 'nodeNameToMetaVictims')
  if (!isObject(byNode)) return new Map()
  return new Map(
    Object.entries(byNode).map(([node, victims]) => {
      const pods = field(victims, 'pods')
      return [
        node,
        {
          uids: Array.isArray(pods) ? pods.map((pod) => String(field(pod, 'uid'))) : [],
          violations: Number(field(victims, 'numPDBViolations') ?? 0),
        },
      ]
    }),
  )
}

import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PreferredSchedulingTerm,
} from './types.ts'

const integer = /^[+-]?[0-9]+$/

function matchRequirement(requirement: NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      const bound = values[0]
      if (value === undefined || bound === undefined || !integer.test(value) || !integer.test(bound)) return false
      return requirement.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
    }
    default:
      return false
  }
}

/** Every expression and every field must match; a term without any matches no node. */
export function matchNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length === 0 && fields.length === 0) return false
  return (
    expressions.every((requirement) => matchRequirement(requirement, node.metadata.labels ?? {})) &&
    fields.every((requirement) => matchRequirement(requirement, { 'metadata.name': node.metadata.name }))
  )
}

/** One of the terms must match. */
export const matchNodeSelector = (selector: NodeSelector, node: Node): boolean =>
  (selector.nodeSelectorTerms ?? []).some((term) => matchNodeSelectorTerm(term, node))

/** May the pod run on the node, by its `nodeSelector` and its required node affinity? */
export function matchRequiredNodeAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  const wanted = Object.entries(pod.spec.nodeSelector ?? {})
  if (!wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)) return false
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !required || matchNodeSelector(required, node)
}

/** The sum of the weights of the preferred terms that match the node. */
export const scorePreferredNodeAffinity = (terms: readonly PreferredSchedulingTerm[] | undefined, node: Node): number =>
  (terms ?? []).reduce(
    (sum, { preference, weight }) => (matchNodeSelectorTerm(preference, node) ? sum + weight : sum),
    0,
  )

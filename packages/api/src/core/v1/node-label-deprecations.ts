import { validateLabelValue } from '@tandem/apimachinery'
import type { NodeSelectorTerm } from './types.ts'

const deprecated: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

/** What became of a node label, if it should no longer be used. */
export const nodeLabelDeprecation = (key: string): string | undefined =>
  Object.hasOwn(deprecated, key) ? deprecated[key] : undefined

/** Values that no label can have are refused in requirements; in preferences they are only warned of. */
export function nodeSelectorTermWarnings(
  field: string,
  { matchExpressions = [] }: NodeSelectorTerm,
  values: 'checked' | 'any' = 'any',
): string[] {
  return matchExpressions.flatMap(({ key, values: wanted = [] }, i) => {
    const text = nodeLabelDeprecation(key)
    const invalid = (value: string, j: number): string[] =>
      validateLabelValue(value).map(
        (fault) => `${field}.matchExpressions[${i}].values[${j}]: ${value} is invalid, ${fault}`,
      )
    return [
      ...(text ? [`${field}.matchExpressions[${i}].key: ${key} is ${text}`] : []),
      ...(values === 'checked' ? wanted.flatMap(invalid) : []),
    ]
  })
}

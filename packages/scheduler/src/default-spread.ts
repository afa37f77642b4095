import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import { services } from '@tandem/api/core/v1/service'
import type { Pod, TopologySpreadConstraint } from '@tandem/api/core/v1/types'
import { type LabelMatcher, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import { UsageError } from '@tandem/component-base/flags/index'
import { fieldsOf, listOf, oneOf } from './config/reading.ts'
import type { ObjectSource } from './framework/plugin.ts'

/** How pods are spread that do not say so themselves. */
export interface DefaultConstraints {
  constraints: readonly TopologySpreadConstraint[]
  bySystem: boolean
}

/** Upstream's: over nodes, and less so over zones, where that is possible. */
export const systemDefaults: DefaultConstraints = {
  constraints: [
    { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
    { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
  ],
  bySystem: true,
}

/** Reads PodTopologySpreadArgs. Throws UsageError. */
export function readDefaultConstraints(args: Readonly<Record<string, unknown>>): DefaultConstraints {
  const fields = fieldsOf(args, 'args', ['defaultConstraints', 'defaultingType'])
  const types = ['System', 'List'] as const
  const type =
    fields.defaultingType === undefined ? 'System' : oneOf(fields.defaultingType, 'args.defaultingType', types)
  const constraints = listOf(fields.defaultConstraints, 'args.defaultConstraints').map((entry, index) =>
    readConstraint(entry, `args.defaultConstraints[${index}]`),
  )
  if (type === 'List') return { constraints, bySystem: false }
  if (constraints.length > 0)
    throw new UsageError('args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty')
  return systemDefaults
}

function readConstraint(value: unknown, path: string): TopologySpreadConstraint {
  const known = ['maxSkew', 'topologyKey', 'whenUnsatisfiable', 'minDomains', 'nodeAffinityPolicy', 'nodeTaintsPolicy']
  const { labelSelector, ...fields } = fieldsOf(value, path)
  if (labelSelector !== undefined)
    throw new UsageError(
      `${path}.labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod`,
    )
  const constraint = fieldsOf(fields, path, known) as unknown as TopologySpreadConstraint
  if (!(Number.isInteger(constraint.maxSkew) && constraint.maxSkew > 0))
    throw new UsageError(`${path}.maxSkew: Invalid value: ${constraint.maxSkew}: not in valid range (0, inf)`)
  if (!constraint.topologyKey) throw new UsageError(`${path}.topologyKey: Required value: can not be empty`)
  oneOf(constraint.whenUnsatisfiable, `${path}.whenUnsatisfiable`, ['DoNotSchedule', 'ScheduleAnyway'])
  return constraint
}

/** Pods like this one: those of the Services it belongs to and of the owner that made it. Undefined where it has neither. */
export function defaultMatcher({ metadata }: Pod, objects: ObjectSource): LabelMatcher | undefined {
  const { namespace = '', labels = {}, ownerReferences = [] } = metadata
  const matchLabels: Record<string, string> = {}
  for (const { metadata: service, spec } of objects.list(services, namespace)) {
    const { selector = {} } = spec
    if (service.namespace !== namespace || Object.keys(selector).length === 0) continue
    if (matchesLabels(labelMatcherOf({ matchLabels: selector }), labels)) Object.assign(matchLabels, selector)
  }
  const owner = ownerReferences.find(({ controller }) => controller)
  const key = { namespace, name: owner?.name ?? '' }
  const expressions = []
  if (owner?.kind === 'ReplicationController')
    Object.assign(matchLabels, objects.get(replicationControllers, key)?.spec.selector)
  else if (owner?.kind === 'ReplicaSet' || owner?.kind === 'StatefulSet') {
    const set = owner.kind === 'ReplicaSet' ? objects.get(replicaSets, key) : objects.get(statefulSets, key)
    Object.assign(matchLabels, set?.spec.selector?.matchLabels)
    expressions.push(...(set?.spec.selector?.matchExpressions ?? []))
  }
  if (Object.keys(matchLabels).length + expressions.length === 0) return undefined
  return labelMatcherOf({ matchLabels, matchExpressions: expressions })
}

import { plugins as registered } from '../plugins/index.generated.ts'
import type { Plugin } from './plugin.ts'

/** Upstream's order of default plugins. Where several refuse a node, the first one's reason is told. Others follow these. */
const order: readonly string[] = [
  'SchedulingGates',
  'PrioritySort',
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'VolumeRestrictions',
  'NodeVolumeLimits',
  'VolumeBinding',
  'VolumeZone',
  'PodTopologySpread',
  'InterPodAffinity',
  'DynamicResources',
  'DefaultPreemption',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
  'DefaultBinder',
]

const rank = ({ name }: Plugin): number => {
  const index = order.indexOf(name)
  return index < 0 ? order.length : index
}

export const defaultPlugins: readonly Plugin[] = [...(registered as readonly Plugin[])].sort(
  (a, b) => rank(a) - rank(b),
)

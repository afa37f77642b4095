import type { KubernetesObject } from '@tandem/apimachinery'
import { SchedulerCache } from '../src/cache/scheduler-cache.ts'
import { everywhere } from '../src/config/profile.ts'
import { Framework } from '../src/framework/framework.ts'
import type { NodeSource } from '../src/framework/plugin.ts'
import { podInfoOf } from '../src/framework/pod-info.ts'
import { bestCandidate } from '../src/framework/preemption-candidate.ts'
import { defaultPlugins } from '../src/framework/profile.ts'
import { messageOf } from '../src/framework/status.ts'
import { schedulePod } from '../src/schedule-pod.ts'
import { handleOf, type NodeFixture, nodeOf, objectsOf, type PodFixture, podOf } from './objects.ts'

export interface Situation {
  pod: PodFixture
  nodes: NodeFixture[]
  placed?: (PodFixture & { on: string })[] | undefined
  objects?: readonly KubernetesObject[] | undefined
}

/** What the scheduler decides, or says: a node's name or the whole message of the event. */
export function decide({ pod, nodes, placed = [], objects = [] }: Situation): string {
  const framework = new Framework({
    plugins: everywhere(defaultPlugins),
    handle: handleOf(objectsOf(objects)),
  })
  const cache = new SchedulerCache()
  for (const node of nodes) cache.setNode(nodeOf(node))
  for (const { on, ...other } of placed) cache.setPod(podInfoOf(podOf(other)), on)
  const source: NodeSource = {
    nodes: cache.nodes,
    node: (name) => cache.node(name),
    imageNodes: (name) => cache.imageNodes(name),
    nominatedTo: () => [],
    countPods: (query) => cache.countPods(query),
    nodesBy: (key) => cache.nodesBy(key),
    affinityGroups: () => cache.affinityGroups(),
    namespaceLabels: cache.namespaceLabels,
  }
  const cycle = framework.newCycle(podInfoOf(podOf(pod)), source)
  const result = schedulePod(framework, cycle, {
    percentageOfNodesToScore: 0,
    position: { next: 0 },
    random: () => 0.99,
  })
  if (result.kind === 'fits') return result.nodeName
  const outcome = result.diagnosis && framework.postFilter(cycle, result.diagnosis.rejections)
  const best = bestCandidate(outcome?.candidates ?? [])
  if (best) return `preempts ${best.victims.map(({ pod }) => pod.metadata.name).join(', ')} on ${best.node.name}`
  return [result.message, ...(outcome ? [messageOf(outcome.status)] : [])].join(' ')
}

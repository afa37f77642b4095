import type { Framework, Rejection } from '../framework/framework.ts'
import type { Cycle } from '../framework/plugin.ts'
import { choose, findFeasible, type ScheduleOptions, type ScheduleResult, unschedulableOn } from '../schedule-pod.ts'
import type { Extenders } from './extenders.ts'

export interface ExtendedScheduling extends ScheduleOptions {
  extenders: Extenders
  newCycle(): Cycle
}

/** A decision with the cycle that it was made in. */
export interface ExtendedResult {
  cycle: Cycle
  result: ScheduleResult
}

/**
 * Finds the best node for a pod that extenders have a say about. The world goes on while they are asked, so nodes are looked at once more
 * when they have answered: from there to the decision, nothing changes.
 */
export async function schedulePodWithExtenders(
  framework: Framework,
  { extenders, newCycle, ...options }: ExtendedScheduling,
): Promise<ExtendedResult> {
  const before = newCycle()
  const found = findFeasible(framework, before, options)
  if (found.kind === 'unschedulable') return { cycle: before, result: found }
  const opinion = await extenders.opinion(before.pod.pod, found.nodes)

  const cycle = newCycle()
  const rejections = new Map<string, Rejection>([...found.rejections, ...opinion.rejections])
  const unschedulablePlugins = new Set([...rejections.values()].map(({ plugin }) => plugin))
  if (opinion.nodes.length < found.nodes.length) unschedulablePlugins.add('Extender')
  if (opinion.nodes.length === 0) return { cycle, result: unschedulableOn(cycle, { rejections, unschedulablePlugins }) }
  const now = findFeasible(framework, cycle, { ...options, among: new Set(opinion.nodes.map(({ name }) => name)) })
  if (now.kind === 'feasible')
    return { cycle, result: choose(framework, cycle, { ...now, random: options.random, scores: opinion.scores }) }
  for (const [node, rejection] of now.diagnosis?.rejections ?? []) rejections.set(node, rejection)
  for (const plugin of now.unschedulablePlugins) unschedulablePlugins.add(plugin)
  return { cycle, result: unschedulableOn(cycle, { rejections, unschedulablePlugins }) }
}

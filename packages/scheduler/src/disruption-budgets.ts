import type { PodDisruptionBudget } from '@tandem/api/policy/v1/types'
import { labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { PodInfo } from './framework/pod-info.ts'

/**
 * Which pods, taken away one after the other in this order, would go beyond what a budget allows. A pod that is already counted as disrupted
 * costs nothing more; a budget without a selector, or with an empty one, is about no pod.
 */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const allowances = budgets
    .filter(({ spec }) => spec.selector && Object.values(spec.selector).some((part) => Object.keys(part).length > 0))
    .map(({ metadata, spec, status }) => ({
      namespace: metadata.namespace,
      matcher: labelMatcherOf(spec.selector),
      disrupted: status?.disruptedPods ?? {},
      left: status?.disruptionsAllowed ?? 0,
    }))
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const info of pods) {
    const { namespace, name, labels } = info.pod.metadata
    let violates = false
    for (const allowance of allowances) {
      if (!labels || allowance.namespace !== namespace || !matchesLabels(allowance.matcher, labels)) continue
      if (name in allowance.disrupted) continue
      allowance.left--
      if (allowance.left < 0) violates = true
    }
    if (violates) violating.push(info)
    else others.push(info)
  }
  return { violating, others }
}

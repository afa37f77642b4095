import { isPodAvailable } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { nodeFit } from './node-fit.ts'
import { type DaemonView, isUpdated, podsByNode } from './plan.ts'
import { maxSurge, maxUnavailable } from './strategy.ts'

export interface UpdateStep {
  create: string[]
  remove: Pod[]
}

interface OnNode {
  node: string
  old: Pod | undefined
  fresh: Pod | undefined
  /** More than one of a kind: that is cleaned up first. */
  crowded: boolean
}

/** The next pods of an old template to be replaced, within what may be missing or be too many. */
export function updateStep(view: DaemonView): UpdateStep {
  const { daemonSet, nodes } = view
  if (daemonSet.spec.updateStrategy?.type !== 'RollingUpdate') return { create: [], remove: [] }
  const wanted = nodes.filter((node) => nodeFit(daemonSet, node) === 'run').map(({ metadata }) => metadata.name)
  const byNode = podsByNode(view.pods)
  for (const node of wanted) if (!byNode.has(node)) byNode.set(node, [])
  const all = [...byNode].map(([node, pods]) => onNode(view, node, pods))
  const surge = maxSurge(daemonSet, wanted.length)
  if (surge > 0) return surgeStep(view, { all, surge, wanted: new Set(wanted) })
  return { create: [], remove: replaceStep(view, { all, unavailable: maxUnavailable(daemonSet, wanted.length) }) }
}

function onNode(view: DaemonView, node: string, pods: readonly Pod[]): OnNode {
  const lasting = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
  const fresh = lasting.filter((pod) => isUpdated(pod, view))
  const old = lasting.filter((pod) => !isUpdated(pod, view))
  return { node, old: old[0], fresh: fresh[0], crowded: fresh.length > 1 || old.length > 1 }
}

const isAvailable = ({ daemonSet, now }: DaemonView, pod: Pod): boolean =>
  isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now)

/** What is not available anyway may go at once; of the others as many as may be missing. */
function replaceStep(view: DaemonView, { all, unavailable }: { all: OnNode[]; unavailable: number }): Pod[] {
  const broken: Pod[] = []
  const candidates: Pod[] = []
  let missing = 0
  for (const { old, fresh, crowded } of all) {
    if (crowded || (old && fresh) || (!old && !fresh)) missing++
    else if (fresh) missing += isAvailable(view, fresh) ? 0 : 1
    else if (old && !isAvailable(view, old)) {
      broken.push(old)
      missing++
    } else if (old) candidates.push(old)
  }
  return [...broken, ...candidates.slice(0, Math.max(0, unavailable - missing))]
}

interface Surge {
  all: OnNode[]
  surge: number
  wanted: ReadonlySet<string>
}

/** A new pod comes first, beside the old one, which goes when the new one is available. */
function surgeStep(view: DaemonView, { all, surge, wanted }: Surge): UpdateStep {
  const [remove, misplaced]: [Pod[], Pod[]] = [[], []]
  const [needed, candidates]: [string[], string[]] = [[], []]
  let [surging, available] = [0, 0]
  for (const { node, old, fresh, crowded } of all) {
    if (crowded) {
      surging++
      continue
    }
    const serving = old ?? fresh
    if (serving && isAvailable(view, serving)) available++
    if (!old) continue
    if (fresh) {
      if (isAvailable(view, fresh)) remove.push(old)
      else surging++
    } else if (isAvailable(view, old)) {
      if (wanted.has(node)) candidates.push(node)
      else misplaced.push(old)
    } else if (wanted.has(node)) needed.push(node)
    else remove.push(old)
  }
  // Pods on nodes that are no longer wanted serve until others can.
  const spare = Math.max(0, available - wanted.size)
  return {
    create: [...needed, ...candidates.slice(0, Math.max(0, surge - surging))],
    remove: [...remove, ...misplaced.slice(0, spare)],
  }
}

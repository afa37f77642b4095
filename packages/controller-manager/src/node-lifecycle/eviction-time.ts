import { toleratesTaint } from '@tandem/api/core/v1/toleration'
import type { Taint, Toleration } from '@tandem/api/core/v1/types'

/** When a pod must leave because of its node's NoExecute taints, in milliseconds after they came: 0 at once, undefined never. */
export function evictionDelay(taints: readonly Taint[], tolerations: readonly Toleration[]): number | undefined {
  const executing = taints.filter(({ effect }) => effect === 'NoExecute')
  if (executing.length === 0) return undefined
  const used = executing.map((taint) => tolerations.filter((toleration) => toleratesTaint(toleration, taint)))
  if (used.some((tolerating) => tolerating.length === 0)) return 0
  const seconds = used
    .flat()
    .flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [tolerationSeconds]))
  return seconds.length === 0 ? undefined : Math.max(0, Math.min(...seconds)) * 1000
}

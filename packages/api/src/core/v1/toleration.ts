import type { Taint, Toleration } from './types.ts'

const integer = /^-?(?:0|[1-9][0-9]*)$/

/**
 * Does the toleration cover the taint? An empty effect or key matches all of them. `Lt` and `Gt` compare integers, and
 * are behind a gate that is off (TaintTolerationComparisonOperators), so that they only match when asked for.
 */
export function toleratesTaint(
  toleration: Toleration,
  taint: Taint,
  { comparisonOperators = false }: { comparisonOperators?: boolean } = {},
): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  const value = toleration.value ?? ''
  const tainted = taint.value ?? ''
  switch (toleration.operator || 'Equal') {
    case 'Equal':
      return value === tainted
    case 'Exists':
      return true
    case 'Lt':
    case 'Gt':
      if (!comparisonOperators || !integer.test(value) || !integer.test(tainted)) return false
      return toleration.operator === 'Lt' ? BigInt(tainted) < BigInt(value) : BigInt(tainted) > BigInt(value)
    default:
      return false
  }
}

export const tolerationsTolerateTaint = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint))

/** The first taint that none of the tolerations covers, among those that `matters` lets through. */
export const findUntoleratedTaint = (
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  matters: (taint: Taint) => boolean = () => true,
): Taint | undefined => (taints ?? []).find((taint) => matters(taint) && !tolerationsTolerateTaint(tolerations, taint))

/** Tolerations are the same when key, operator, effect and value are; `tolerationSeconds` does not count. */
export const matchToleration = (a: Toleration, b: Toleration): boolean =>
  (a.key ?? '') === (b.key ?? '') &&
  (a.effect ?? '') === (b.effect ?? '') &&
  (a.operator ?? '') === (b.operator ?? '') &&
  (a.value ?? '') === (b.value ?? '')

/** Taints are the same when key and effect are. */
export const matchTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect

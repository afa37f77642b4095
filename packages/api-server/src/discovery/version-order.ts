/** Stable before beta before alpha, and the higher number first; what is no such version comes after them, by name. */
export function byPreference(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)]
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return (right[i] ?? 0) - (left[i] ?? 0)
  return 0
}

const stages: Readonly<Record<string, number>> = { '': 2, beta: 1, alpha: 0 }

function rankOf(version: string): number[] | undefined {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!found) return undefined
  const [, major = '0', stage = '', minor = '0'] = found
  return [stages[stage] ?? 0, Number(major), Number(minor)]
}

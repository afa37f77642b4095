import type { DeviceTaint, DeviceToleration } from '@tandem/api/resource/v1/types'

/** An empty effect is every effect, an empty key every key. */
export function tolerates({ key, operator, value, effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
}

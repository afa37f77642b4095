import type { PodCondition, PodStatus } from '@tandem/api/core/v1/types'

/** The fields of a pod's status that the kubelet speaks for; it clears those that it no longer reports. */
const owned = [
  'reason',
  'message',
  'podIP',
  'podIPs',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
] as const

/**
 * A strategic merge patch from the status the API server has to the one wanted. Conditions are merged by type, so those of
 * others stay; addresses are merged too, so those that are no longer true are taken out by name.
 */
export function statusPatch(current: PodStatus, wanted: PodStatus): object {
  const cleared = owned.filter((field) => current[field] !== undefined && wanted[field] === undefined)
  const gone = (list: readonly { ip?: string }[] | undefined, keep: readonly { ip?: string }[] | undefined): object[] =>
    (list ?? [])
      .filter(({ ip }) => !(keep ?? []).some((kept) => kept.ip === ip))
      .map(({ ip }) => ({ $patch: 'delete', ip }))
  return {
    ...wanted,
    ...(wanted.conditions
      ? {
          conditions: [
            ...wanted.conditions.map((condition) => unexplained(current, condition)),
            ...settled(current, wanted),
          ],
        }
      : {}),
    ...Object.fromEntries(cleared.map((field) => [field, null])),
    ...(wanted.podIPs ? { podIPs: [...gone(current.podIPs, wanted.podIPs), ...wanted.podIPs] } : {}),
    ...(wanted.hostIPs ? { hostIPs: [...gone(current.hostIPs, wanted.hostIPs), ...wanted.hostIPs] } : {}),
  }
}

/** Conditions of a resize are there only until it has come to its end. */
const settled = (current: PodStatus, wanted: PodStatus): object[] =>
  ['PodResizePending', 'PodResizeInProgress']
    .filter((type) => current.conditions?.some((condition) => condition.type === type))
    .filter((type) => !wanted.conditions?.some((condition) => condition.type === type))
    .map((type) => ({ $patch: 'delete', type }))

/** A condition that no longer has a reason takes the one of before away. */
function unexplained(current: PodStatus, wanted: PodCondition): object {
  const before = current.conditions?.find(({ type }) => type === wanted.type)
  const cleared = (['reason', 'message'] as const).filter(
    (field) => before?.[field] !== undefined && wanted[field] === undefined,
  )
  return { ...wanted, ...Object.fromEntries(cleared.map((field) => [field, null])) }
}

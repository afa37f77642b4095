import { equalJson, type KubernetesObject } from '@tandem/apimachinery'

/**
 * Would writing these bytes change anything? Members may stand in another order, and the times of managedFields do not count: upstream
 * writes nothing then, and neither the resourceVersion nor any watcher hears of it.
 */
export function isUnchanged(next: Buffer, old: Buffer): boolean {
  // The same content has the same length, in whatever order.
  if (next.length !== old.length) return false
  if (next.equals(old)) return true
  return equalJson(withoutTimes(JSON.parse(next.toString())), withoutTimes(JSON.parse(old.toString())))
}

function withoutTimes(object: KubernetesObject): KubernetesObject {
  for (const entry of object.metadata.managedFields ?? []) delete entry.time
  return object
}

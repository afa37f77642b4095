import { isAlreadyExists, isNotFound, type KubernetesObject, type New, type ObjectKey } from '@tandem/apimachinery'
import type { Store } from '../registry/store.ts'

/** Creates the object unless it is there. */
export async function ensure<T extends KubernetesObject>(store: Store<T>, object: New<T>): Promise<void> {
  if (await find(store, keyOf(object))) return
  try {
    await store.create(
      defaulted(store, object),
      object.metadata.namespace ? { namespace: object.metadata.namespace } : undefined,
    )
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

/** Creates the object, or lets `repair` change what is there; `repair` says whether it changed anything. */
export async function reconcile<T extends KubernetesObject>(
  store: Store<T>,
  object: New<T>,
  repair: (current: T, wanted: T) => boolean,
): Promise<void> {
  const current = await find(store, keyOf(object))
  if (!current) return ensure(store, object)
  const wanted = defaulted(store, object)
  if (!repair(current, wanted)) return
  await store.update(keyOf(object), (latest) => {
    const changed = latest ?? wanted
    repair(changed, wanted)
    return changed
  })
}

export async function find<T extends KubernetesObject>(store: Store<T>, key: ObjectKey): Promise<T | undefined> {
  try {
    return (await store.get(key)).object()
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

const keyOf = ({
  metadata: { namespace, name = '' },
}: {
  metadata: Partial<KubernetesObject['metadata']>
}): ObjectKey => ({
  namespace,
  name,
})

function defaulted<T extends KubernetesObject>({ definition }: Store<T>, object: New<T>): T {
  const copy = structuredClone(object) as T
  definition.defaults?.(copy)
  return copy
}

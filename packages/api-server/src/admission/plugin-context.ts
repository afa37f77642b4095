import { isNotFound, type KubernetesObject, type ObjectKey, type ResourceDefinition } from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import type { Authorizer } from '../authorization/authorizer.ts'
import type { ApiServerOptions } from '../options.ts'
import type { StoredEntry } from '../registry/store.ts'
import type { Resources } from '../resources.ts'

/** What plugins may ask of the server they run in. */
export interface PluginContext {
  readonly resources: Resources
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly options: ApiServerOptions
}

/** What plugins look up again and again is parsed once, as long as it does not change. */
const parsed = new WeakMap<StoredEntry<never>, KubernetesObject>()

function read<T extends KubernetesObject>(entry: StoredEntry<T>): T {
  const known = parsed.get(entry as unknown as StoredEntry<never>)
  if (known) return known as T
  const object = entry.object()
  parsed.set(entry as unknown as StoredEntry<never>, object)
  return object
}

/**
 * The object, or undefined when there is none. It is shared: nobody changes it. As upstream's plugins do, takes what this server knows
 * without asking the store, and asks it only for what seems not to be there.
 */
export async function lookUp<T extends KubernetesObject>(
  { resources }: Pick<PluginContext, 'resources'>,
  definition: ResourceDefinition<T>,
  key: ObjectKey,
): Promise<T | undefined> {
  const store = resources.store(definition)
  try {
    return read(await store.get(key, { resourceVersion: '0' }).catch(() => store.get(key)))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** All objects, in one namespace or in all. They are shared: nobody changes them. */
export async function listAll<T extends KubernetesObject>(
  { resources }: Pick<PluginContext, 'resources'>,
  definition: ResourceDefinition<T>,
  namespace?: string,
): Promise<T[]> {
  const { entries } = await resources.store(definition).list({ namespace, resourceVersion: '0' })
  return entries.map(read)
}

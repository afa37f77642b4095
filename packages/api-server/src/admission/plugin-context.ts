import { isNotFound, type KubernetesObject, type ObjectKey, type ResourceDefinition } from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import type { Authorizer } from '../authorization/authorizer.ts'
import type { ApiServerOptions } from '../options.ts'
import type { Resources } from '../resources.ts'

/** What plugins may ask of the server they run in. */
export interface PluginContext {
  readonly resources: Resources
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly options: ApiServerOptions
}

/** The object, or undefined when there is none. */
export async function lookUp<T extends KubernetesObject>(
  { resources }: Pick<PluginContext, 'resources'>,
  definition: ResourceDefinition<T>,
  key: ObjectKey,
): Promise<T | undefined> {
  try {
    return (await resources.store(definition).get(key)).object()
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export async function listAll<T extends KubernetesObject>(
  { resources }: Pick<PluginContext, 'resources'>,
  definition: ResourceDefinition<T>,
  namespace?: string,
): Promise<T[]> {
  const { entries } = await resources.store(definition).list({ namespace })
  return entries.map((entry) => entry.object())
}

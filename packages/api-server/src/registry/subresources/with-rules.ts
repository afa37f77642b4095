import type { KubernetesObject } from '@tandem/apimachinery'
import type { Handler } from '../../handlers/handler.ts'
import { patch } from '../../handlers/patch.ts'
import { update } from '../../handlers/update.ts'
import type { Store, UpdateRules } from '../store.ts'

/** Update and patch of the whole object through a subresource that has rules of its own for what may change. */
export function withRules<T extends KubernetesObject>(rules: UpdateRules<T>): { update: Handler; patch: Handler } {
  const ruled =
    (handler: Handler): Handler =>
    (resource) =>
      handler({ ...resource, store: underRules(resource.store, rules as unknown as UpdateRules<KubernetesObject>) })
  return { update: ruled(update), patch: ruled(patch) }
}

function underRules(store: Store, rules: UpdateRules<KubernetesObject>): Store {
  return {
    definition: store.definition,
    statistics: () => store.statistics(),
    get: (key, options) => store.get(key, options),
    list: (options) => store.list(options),
    create: (object, options) => store.create(object, options),
    update: (key, change, options) => store.update(key, change, { ...options, rules }),
    delete: (key, options) => store.delete(key, options),
    deleteCollection: (list, options) => store.deleteCollection(list, options),
    watch: (options) => store.watch(options),
  }
}

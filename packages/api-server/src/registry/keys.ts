import type { ObjectKey } from '@tandem/apimachinery'

/**
 * Where objects lie: `/registry/<group>/<plural>/[<namespace>/]<name>`, with `core` for the group that has no name. The version is no
 * part of it: all versions of a resource are one object.
 */
export const registryPrefix = '/registry/'

export const resourcePrefix = ({ group, plural }: { group: string; plural: string }): string =>
  `${registryPrefix}${group || 'core'}/${plural}/`

/** The part of a storage key that names the resource: all up to the fourth slash. */
export function prefixOf(storageKey: string): string {
  const group = storageKey.indexOf('/', registryPrefix.length)
  return storageKey.slice(0, storageKey.indexOf('/', group + 1) + 1)
}

/** The order of lists is the order of these. */
export const entryKey = ({ namespace, name }: ObjectKey): string => (namespace ? `${namespace}/${name}` : name)

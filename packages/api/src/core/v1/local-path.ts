import type { Node } from './types.ts'

/**
 * How the provisioner and a node's kubelet agree on volumes that are directories of the node, by annotations of the Node: the
 * kubelet says where they lie; the provisioner asks for the removal of one, and the kubelet says when it is done.
 */
export const localPathProvisioner = 'tandem.dev/local-path'
export const localPathDirectoryAnnotation = 'local-path.tandem.dev/directory'

const removalPrefix = 'remove.local-path.tandem.dev/'
export const removalAnnotation = (volume: string): string => `${removalPrefix}${volume}`

export type Removal = 'requested' | 'done'

/** What is to be removed from the node, or was, by the volume's name. */
export const removalsOf = ({ metadata }: Node): Map<string, Removal> =>
  new Map(
    Object.entries(metadata.annotations ?? {}).flatMap(([key, value]) =>
      key.startsWith(removalPrefix) && (value === 'requested' || value === 'done')
        ? [[key.slice(removalPrefix.length), value]]
        : [],
    ),
  )

/** Undefined for a node whose kubelet keeps no such volumes. */
export const localPathDirectoryOf = ({ metadata }: Node): string | undefined =>
  metadata.annotations?.[localPathDirectoryAnnotation]

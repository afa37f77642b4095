import type { KubernetesObject } from '@tandem/apimachinery'
import type { StoredList } from '../registry/store.ts'
import { listMeta } from './view.ts'

/** Metadata alone, for clients that read every kind and care for none: the garbage collector, `kubectl` rows. */
export const partialMetadata = ({ metadata }: KubernetesObject, version: string) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
})

export const partialMetadataList = (list: StoredList, version: string) => ({
  kind: 'PartialObjectMetadataList',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: listMeta(list),
  items: list.entries.map((entry) => partialMetadata(entry.object(), version)),
})

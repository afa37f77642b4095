import type { Column, KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { StoredList } from '../registry/store.ts'
import { partialMetadata } from './partial-metadata.ts'
import { listMeta } from './view.ts'

export interface TableOptions {
  /** Of meta.k8s.io. */
  version: string
  /** `Metadata`, `Object` or `None`. */
  includeObject: string
  now: number
}

const nameColumn: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  value: ({ metadata }) => metadata.name,
}
const createdColumn: Column<KubernetesObject> = {
  name: 'Created At',
  type: 'date',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  value: ({ metadata }) => metadata.creationTimestamp,
}
const fallback = [nameColumn, createdColumn]

/** The rows of `kubectl get`, computed here so that every client prints the same. */
export function tableOf(
  definition: ResourceDefinition,
  list: StoredList,
  { version, includeObject, now }: TableOptions,
) {
  const columns = definition.columns ?? fallback
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(list),
    columnDefinitions: columns.map(({ name, type, format = '', description, priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: list.entries.map((entry) => {
      const object = entry.object()
      return {
        cells: columns.map((column) => column.value(object, now)),
        ...(includeObject !== 'None' && {
          object: includeObject === 'Object' ? object : partialMetadata(object, version),
        }),
      }
    }),
  }
}

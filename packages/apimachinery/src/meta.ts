/** The metadata every Kubernetes object carries. Times are RFC 3339 strings in UTC, as on the wire. */
export interface ObjectMeta {
  name: string
  generateName?: string
  namespace?: string
  selfLink?: string
  uid: string
  /** Opaque to clients; comparable only for equality, except by this server's own storage. */
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: 'Apply' | 'Update'
  apiVersion?: string
  time?: string
  fieldsType?: 'FieldsV1'
  /** The set of fields as upstream's FieldsV1: `{"f:metadata":{"f:labels":{".":{},"f:app":{}}}}`. */
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

export interface KubernetesObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}

export interface ListMeta {
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
  selfLink?: string
}

export interface KubernetesList<T> {
  apiVersion?: string
  kind?: string
  metadata: ListMeta
  items: T[]
}

/** An object as a client sends it to be created: the server fills in the rest of the metadata. */
export type New<T extends KubernetesObject> = Omit<T, 'metadata'> & { metadata: Partial<ObjectMeta> }

/** Names one object within one resource. `namespace` is absent for cluster-scoped objects. */
export interface ObjectKey {
  namespace?: string | undefined
  name: string
}

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface GroupResource {
  group: string
  resource: string
}

/** `v1` for the core group, `group/version` otherwise. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? version : `${group}/${version}`

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** `namespace/name`, or `name` alone: the form of keys in caches and queues. */
export const keyOf = ({ namespace, name }: ObjectKey): string => (namespace ? `${namespace}/${name}` : name)

export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The one owner that manages the object, if any. */
export const controllerOf = (object: {
  metadata: { ownerReferences?: OwnerReference[] | undefined }
}): OwnerReference | undefined => object.metadata.ownerReferences?.find((owner) => owner.controller)

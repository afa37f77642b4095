import type { KubernetesObject } from '@tandem/apimachinery'

type Json = Record<string, unknown>

/** Annotations that tell of one cluster's own history. */
const localAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'control-plane.alpha.kubernetes.io/leader',
  'deprecated.daemonset.template.generation',
  'kubernetes.io/service-account.uid',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
]

const asRecord = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined

/** Values a cluster allots by itself, by kind. Each function changes the spec it is given. */
const allotted: Readonly<Record<string, (object: Json) => void>> = {
  Service({ spec }) {
    const service = asRecord(spec)
    if (!service) return
    if (service.clusterIP !== 'None') {
      delete service.clusterIP
      delete service.clusterIPs
    }
    for (const field of ['ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort']) delete service[field]
    for (const port of (service.ports as Json[] | undefined) ?? []) delete port.nodePort
  },
  PersistentVolumeClaim({ spec }) {
    const claim = asRecord(spec)
    if (claim) delete claim.volumeName
  },
  ServiceAccount(object) {
    delete object.secrets
  },
  // A token of one cluster is nothing in another, which fills in its own.
  Secret(object) {
    if (object.type === 'kubernetes.io/service-account-token') delete object.data
  },
  Job({ spec }) {
    const job = asRecord(spec)
    if (!job || job.manualSelector === true) return
    delete job.selector
    const labels = asRecord(asRecord(asRecord(job.template)?.metadata)?.labels)
    for (const label of [
      'controller-uid',
      'job-name',
      'batch.kubernetes.io/controller-uid',
      'batch.kubernetes.io/job-name',
    ])
      delete labels?.[label]
  },
}

/** What of an object is the user's, fit to be applied to another cluster: no status, nothing that a server or a controller filled in. */
export function portable(object: KubernetesObject): KubernetesObject {
  const copy = structuredClone(object) as unknown as Json
  delete copy.status
  const { name, namespace, labels, annotations = {}, finalizers } = object.metadata
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !localAnnotations.includes(key)))
  copy.metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(labels && { labels }),
    ...(Object.keys(kept).length > 0 && { annotations: kept }),
    ...(finalizers && object.kind !== 'PersistentVolumeClaim' && object.kind !== 'Service' && { finalizers }),
  }
  allotted[object.kind ?? '']?.(copy)
  return copy as unknown as KubernetesObject
}

/** The same object for another namespace. */
export const inNamespace = (object: KubernetesObject, namespace: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
})

import { type AdmissionPlugin, objectOf } from './admission.ts'

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
}

/** Volumes and claims are not removed while something uses them. */
export const storageObjectInUseProtection = (): AdmissionPlugin => ({
  name: 'StorageObjectInUseProtection',
  resources: ['/persistentvolumeclaims', '/persistentvolumes'],
  operations: ['CREATE'],
  admit(request) {
    if (request.subresource !== '') return
    const { metadata } = objectOf(request)
    const finalizer = finalizers[request.definition.plural] ?? ''
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer]
  },
})

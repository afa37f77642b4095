/** By which the binder and those who provision volumes know each other's. */
export const provisionerAnnotations = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
]
export const provisionedByAnnotation = 'pv.kubernetes.io/provisioned-by'

import type { ResourceDefinition } from '@tandem/apimachinery'

/** Kinds of which a deletion answers with the object as it was; the others answer with a Status. */
const answered = new Set([
  '/namespaces',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
])

export const answersWithObject = ({ group, plural }: Pick<ResourceDefinition, 'group' | 'plural'>): boolean =>
  answered.has(`${group}/${plural}`)

/** Upstream's groups in the order in which it tells of them: clients take the first that has what they look for. */
const known = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'storagemigration.k8s.io',
]

const place = (group: string): number => {
  const found = known.indexOf(group)
  return found < 0 ? known.length : found
}

/** The groups of some definitions: upstream's first, then others by name. */
export const groupsInOrder = (definitions: readonly { group: string }[]): string[] =>
  [...new Set(definitions.map(({ group }) => group))].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))

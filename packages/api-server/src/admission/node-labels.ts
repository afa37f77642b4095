/** Labels of Kubernetes' own that kubelets set on their nodes. */
const kubeletLabels = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
])
const kubeletNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const restriction = 'node-restriction.kubernetes.io'

const isOrEndsWith = (namespace: string, domain: string): boolean =>
  namespace === domain || namespace.endsWith(`.${domain}`)

/** May a kubelet set this label on its node? Not the ones that keep workloads away from nodes, nor Kubernetes' others. */
export function isNodeOwnLabel(key: string): boolean {
  const slash = key.indexOf('/')
  const namespace = slash < 0 ? '' : key.slice(0, slash)
  if (isOrEndsWith(namespace, restriction)) return false
  if (!isOrEndsWith(namespace, 'kubernetes.io') && !isOrEndsWith(namespace, 'k8s.io')) return true
  return kubeletLabels.has(key) || kubeletNamespaces.some((domain) => isOrEndsWith(namespace, domain))
}

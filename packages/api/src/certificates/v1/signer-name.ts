import {
  type FieldError,
  invalidValue,
  required,
  tooLong,
  validateDns1123Label,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'

export const signerNames = {
  kubeAPIServerClient: 'kubernetes.io/kube-apiserver-client',
  kubeAPIServerClientKubelet: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

const maxDomain = 253
const maxName = maxDomain + 1 + maxDomain + 1 + 63

/** `example.com/signer-name` */
export function validateSignerName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)]
  const [domain, path, ...rest] = name.split('/')
  if (domain === undefined || path === undefined || rest.length > 0)
    return [
      invalidValue(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    ]
  const labels = domain.split('.')
  return [
    ...(Buffer.byteLength(domain) > maxDomain ? [tooLong(field, maxDomain)] : []),
    ...firstBadLabel(field, { part: domain, labels, check: validateDns1123Label }),
    ...(labels.length < 2
      ? [invalidValue(field, domain, 'should be a domain with at least two segments separated by dots')]
      : []),
    ...firstBadLabel(field, { part: path, labels: path.split('.'), check: validateDns1123Subdomain }),
    ...(Buffer.byteLength(name) > maxName ? [tooLong(field, maxName)] : []),
  ]
}

interface Labels {
  part: string
  labels: readonly string[]
  check(label: string): string[]
}

/** The first bad label is enough: what would be said of the others reads the same. */
function firstBadLabel(field: string, { part, labels, check }: Labels): FieldError[] {
  for (const label of labels) {
    const faults = check(label)
    if (faults.length > 0)
      return faults.map((fault) => invalidValue(field, part, `validating label ${JSON.stringify(label)}: ${fault}`))
  }
  return []
}

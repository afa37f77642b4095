import type { Pod, Toleration } from '@tandem/api/core/v1/types'
import { type AdmissionPlugin, objectOf } from './admission.ts'

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const tolerationSeconds = 300

/** Pods stay five minutes on a node that is lost, unless they say otherwise. */
export const defaultTolerationSeconds = (): AdmissionPlugin => ({
  name: 'DefaultTolerationSeconds',
  resources: ['/pods'],
  operations: ['CREATE', 'UPDATE'],
  admit(request) {
    if (request.subresource !== '') return
    const { spec } = objectOf<Pod>(request)
    if (!spec) return
    const missing = taints.filter((key) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, key)))
    if (missing.length === 0) return
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      ...missing.map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })),
    ]
  },
})

const tolerates = ({ key = '', effect }: Toleration, taint: string): boolean =>
  (key === taint || key === '') && (!effect || effect === 'NoExecute')

import type { Node } from '@tandem/api/core/v1/types'
import { type AdmissionPlugin, objectOf } from './admission.ts'

const key = 'node.kubernetes.io/not-ready'

/** A new node takes no pods until the node life-cycle controller has seen it ready. */
export const taintNodesByCondition = (): AdmissionPlugin => ({
  name: 'TaintNodesByCondition',
  resources: ['/nodes'],
  operations: ['CREATE'],
  admit(request) {
    if (request.subresource !== '') return
    const node = objectOf<Node>(request)
    node.spec ??= {}
    const taints = node.spec.taints ?? []
    if (!taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule'))
      node.spec.taints = [...taints, { key, effect: 'NoSchedule' }]
  },
})

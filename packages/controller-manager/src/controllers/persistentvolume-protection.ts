import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import type { PersistentVolume } from '@tandem/api/core/v1/types'
import type { Controller } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { applyProtection, protectionStep } from '../storage-protection/finalizer.ts'

const finalizer = 'kubernetes.io/pv-protection'

/** A volume that is deleted stays while a claim is bound to it. */
export const controller: Controller<PersistentVolume> = {
  name: 'persistentvolume-protection-controller',
  role: 'pv-protection-controller',
  for: persistentVolumes,
  permissions: [
    { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'watch', 'update'] },
    eventRule,
  ],
  async reconcile(key, { client, informer }) {
    const object = informer(persistentVolumes).get(key)
    if (!object) return undefined
    const step = protectionStep(object, finalizer, object.status?.phase === 'Bound')
    await applyProtection(client, { resource: persistentVolumes, object, finalizer, step })
    return undefined
  },
}

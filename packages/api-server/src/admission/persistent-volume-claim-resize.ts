import type { PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import { storageClassOf } from '@tandem/api/core/v1/volume-binding'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { compareQuantities } from '@tandem/apimachinery'
import { type AdmissionPlugin, objectOf, oldObjectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

/** A claim grows only where its class says that volumes can. That it must be bound, validation says. */
export const persistentVolumeClaimResize = (context: PluginContext): AdmissionPlugin => ({
  name: 'PersistentVolumeClaimResize',
  resources: ['/persistentvolumeclaims'],
  operations: ['UPDATE'],
  async validate(request) {
    const claim = objectOf<PersistentVolumeClaim>(request)
    const old = oldObjectOf<PersistentVolumeClaim>(request)
    if (request.subresource !== '' || compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
    const name = storageClassOf(claim)
    const storageClass =
      name !== '' && name === storageClassOf(old) ? await lookUp(context, storageClasses, { name }) : undefined
    if (!storageClass?.allowVolumeExpansion)
      throw admissionForbidden(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
  },
})

const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec.resources?.requests?.storage ?? '0'

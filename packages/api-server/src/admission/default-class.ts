import type { PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import { ingressClasses } from '@tandem/api/networking/v1/ingressclass'
import type { Ingress } from '@tandem/api/networking/v1/types'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import type { KubernetesObject } from '@tandem/apimachinery'
import { type AdmissionPlugin, objectOf } from './admission.ts'
import { listAll, type PluginContext } from './plugin-context.ts'

const storageAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** Claims that name no class get the default one. */
export const defaultStorageClass = (context: PluginContext): AdmissionPlugin => ({
  name: 'DefaultStorageClass',
  resources: ['/persistentvolumeclaims'],
  operations: ['CREATE'],
  async admit(request) {
    const claim = objectOf<PersistentVolumeClaim>(request)
    if (request.subresource !== '' || claim.spec?.storageClassName !== undefined) return
    if (claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return
    const chosen = newestDefault(await listAll(context, storageClasses), storageAnnotations)
    if (chosen && claim.spec) claim.spec.storageClassName = chosen.metadata.name
  },
})

/** Ingresses that name no class get the default one. */
export const defaultIngressClass = (context: PluginContext): AdmissionPlugin => ({
  name: 'DefaultIngressClass',
  resources: ['networking.k8s.io/ingresses'],
  operations: ['CREATE'],
  async admit(request) {
    const ingress = objectOf<Ingress>(request)
    if (request.subresource !== '' || ingress.spec?.ingressClassName !== undefined) return
    if (ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    const chosen = newestDefault(await listAll(context, ingressClasses), [
      'ingressclass.kubernetes.io/is-default-class',
    ])
    if (!chosen) return
    ingress.spec ??= {}
    ingress.spec.ingressClassName = chosen.metadata.name
  },
})

/** Of several defaults the youngest counts, then the first by name. */
function newestDefault<T extends KubernetesObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  return classes
    .filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === 'true'))
    .sort(
      (a, b) =>
        order(b.metadata.creationTimestamp, a.metadata.creationTimestamp) || order(a.metadata.name, b.metadata.name),
    )[0]
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

import { configMaps } from '@tandem/api/core/v1/configmap'
import { namespaces } from '@tandem/api/core/v1/namespace'
import type { ConfigMap, Namespace } from '@tandem/api/core/v1/types'
import { equalJson, isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'

const name = 'kube-root-ca.crt'
const description = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

/** Keeps the certificate of the setting `root-ca` (PEM) in every namespace, where projected volumes take it from. */
export const controller: Controller<Namespace> = {
  name: 'root-ca-certificate-publisher-controller',
  role: 'root-ca-cert-publisher',
  for: namespaces,
  watches: [
    {
      resource: configMaps,
      keys: ({ metadata }: ConfigMap) =>
        metadata.name === name && metadata.namespace ? [{ name: metadata.namespace }] : [],
    },
  ],
  permissions: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'update'] }],
  async reconcile({ name: namespace }, { client, informer, settings }) {
    const certificate = settings['root-ca']
    const object = informer(namespaces).get({ name: namespace })
    if (!certificate || object?.status?.phase !== 'Active' || object.metadata.deletionTimestamp) return undefined
    const data = { 'ca.crt': certificate }
    const present = informer(configMaps).get({ namespace, name })
    const isCurrent =
      equalJson(present?.data, data) && present?.metadata.annotations?.['kubernetes.io/description'] !== undefined
    if (isCurrent) return undefined
    try {
      if (present) {
        const annotations = { ...present.metadata.annotations, ...description }
        await client.update(configMaps, { ...present, metadata: { ...present.metadata, annotations }, data })
      } else await client.create(configMaps, { metadata: { namespace, name, annotations: description }, data })
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error)) throw error
    }
    return undefined
  },
}

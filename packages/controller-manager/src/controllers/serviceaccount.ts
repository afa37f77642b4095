import { namespaces } from '@tandem/api/core/v1/namespace'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import type { Namespace, ServiceAccount } from '@tandem/api/core/v1/types'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'

const name = 'default'

/** Every namespace has a service account `default`, for pods that name none. */
export const controller: Controller<Namespace> = {
  name: 'serviceaccount-controller',
  role: 'service-account-controller',
  for: namespaces,
  watches: [
    {
      resource: serviceAccounts,
      keys: ({ metadata }: ServiceAccount) =>
        metadata.name === name && metadata.namespace ? [{ name: metadata.namespace }] : [],
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['create'] },
    { apiGroups: [''], resources: ['namespaces', 'serviceaccounts'], verbs: ['get', 'list', 'watch'] },
  ],
  async reconcile({ name: namespace }, { client, informer }) {
    const object = informer(namespaces).get({ name: namespace })
    if (object?.status?.phase !== 'Active' || object.metadata.deletionTimestamp) return undefined
    if (informer(serviceAccounts).get({ namespace, name })) return undefined
    try {
      await client.create(serviceAccounts, { metadata: { namespace, name } })
    } catch (error) {
      // Made meanwhile, or the namespace went away meanwhile: either way there is nothing left to do.
      if (!isAlreadyExists(error) && !isNotFound(error)) throw error
    }
    return undefined
  },
}

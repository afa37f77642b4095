import { localPathDirectoryOf, localPathProvisioner } from '@tandem/api/core/v1/local-path'
import { nodes } from '@tandem/api/core/v1/node'
import type { Node } from '@tandem/api/core/v1/types'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { isAlreadyExists } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'

const name = 'local-path'

/** Where a node keeps volumes there is a class for them, the default one. What a user makes of it, it stays. */
export const controller: Controller<Node> = {
  name: 'local-path-class-controller',
  for: nodes,
  watches: [
    {
      resource: storageClasses,
      keys: (_, { informer }) =>
        informer(nodes)
          .list()
          .map(({ metadata }) => metadata),
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['list', 'watch', 'create'] },
  ],
  concurrency: 1,
  async reconcile(key, { client, informer }) {
    const node = informer(nodes).get(key)
    if (!node || localPathDirectoryOf(node) === undefined || informer(storageClasses).get({ name })) return undefined
    try {
      await client.create(storageClasses, {
        metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
        provisioner: localPathProvisioner,
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'WaitForFirstConsumer',
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    return undefined
  },
}

import { namespaces } from '@tandem/api/core/v1/namespace'
import type { Resources } from '../resources.ts'
import { ensure } from './ensure.ts'

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export async function bootstrapNamespaces(resources: Resources): Promise<void> {
  const store = resources.store(namespaces)
  await Promise.all(
    systemNamespaces.map((name) =>
      ensure(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }),
    ),
  )
}

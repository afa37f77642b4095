import { pods } from '@tandem/api/core/v1/pod'
import type { Plugin } from '../framework/plugin.ts'

/** Tells the API server where the pod runs. The UID keeps a pod made anew under the same name from getting the old one's node. */
export const plugin: Plugin = {
  name: 'DefaultBinder',
  async bind({ pod: { pod }, handle }, nodeName) {
    const { name, namespace, uid } = pod.metadata
    await handle.client.createSubresource(pods, { namespace, name }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: nodeName },
    })
    return undefined
  },
}

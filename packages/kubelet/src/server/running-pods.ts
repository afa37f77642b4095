import type { Pod } from '@tandem/api/core/v1/types'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'

/** Pods of which anything runs, as the runtime knows them: whatever anybody thinks should run. */
export async function runningPods(runtime: ContainerRuntime): Promise<Pick<Pod, 'metadata' | 'spec'>[]> {
  const pods = await Promise.all(
    (await runtime.listPods()).map(async ({ name, namespace, uid }) => {
      const { containers } = await runtime.podState(uid)
      const running = containers.filter(({ state }) => state === 'running').map(({ name, image }) => ({ name, image }))
      const metadata = { name, namespace, uid, resourceVersion: '', creationTimestamp: '' }
      return { metadata, spec: { containers: running } }
    }),
  )
  return pods.filter(({ spec }) => spec.containers.length > 0)
}

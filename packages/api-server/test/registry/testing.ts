import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { Test } from 'tap'
import { type RegistryOptions, StoreRegistry } from '../../src/registry/registry.ts'
import type { ListRequest, Store, Watch } from '../../src/registry/store.ts'
import type { WatchEvent } from '../../src/registry/watch-event.ts'

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>
}

export const configMaps: ResourceDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.ConfigMap',
}

export interface Pod extends KubernetesObject {
  spec: { nodeName?: string; terminationGracePeriodSeconds?: number; image?: string }
  status?: { phase?: string }
}

export const pods: ResourceDefinition<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Pod',
  hasGeneration: true,
  subresources: { status: true },
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'status.phase': ({ status }) => status?.phase ?? '',
  },
  gracePeriodSeconds: ({ spec }, requested) =>
    spec.nodeName ? (requested ?? spec.terminationGracePeriodSeconds ?? 30) : 0,
  prepareForCreate: (pod) => {
    pod.status = { phase: 'Pending' }
  },
  validate: ({ spec }) =>
    spec.image === 'bad'
      ? [{ type: 'FieldValueInvalid', field: 'spec.image', message: 'Invalid value: "bad": must be good' }]
      : [],
}

export interface Opened {
  registry: StoreRegistry
  backend: LevelBackend
  signal: AbortSignal
  directory: string
}

/** A registry over a LevelDB of its own, gone with the test. */
export async function openRegistry(
  t: Test,
  options: Partial<RegistryOptions> & { directory?: string } = {},
): Promise<Opened> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'tandem-registry-')))
  const backend = await LevelBackend.open({ directory })
  const registry = await StoreRegistry.open({ backend, ...options })
  const ending = new AbortController()
  t.teardown(async () => {
    ending.abort()
    await registry.close()
    await backend.close()
    await rm(directory, { recursive: true, force: true })
  })
  return { registry, backend, signal: ending.signal, directory }
}

export const configMap = (
  name: string,
  more: Partial<ConfigMap> & { labels?: Record<string, string> } = {},
): ConfigMap => {
  const { labels, ...rest } = more
  return { metadata: { name, ...(labels && { labels }) } as ConfigMap['metadata'], ...rest }
}

export const pod = (name: string, spec: Pod['spec'] = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name, ...metadata } as Pod['metadata'],
  spec,
})

export const namesOf = async (store: Pick<Store, 'list'>, request?: ListRequest): Promise<string> =>
  (await store.list(request)).entries.map(({ name }) => name).join(' ')

export const shown = <T extends KubernetesObject>({ type, entry, initialEventsEnd, status }: WatchEvent<T>): string =>
  [type, entry?.name, initialEventsEnd && 'end', status?.message].filter(Boolean).join(' ')

/** Reads events until there are `count`, or the watch ends. */
export async function take<T extends KubernetesObject>(watch: Watch<T>, count: number): Promise<WatchEvent<T>[]> {
  const events: WatchEvent<T>[] = []
  for await (const batch of watch) {
    events.push(...batch)
    if (events.length >= count) break
  }
  return events
}

/** The object as it is, for changes that are sure to find one. */
export function there<T>(object: T | undefined): T {
  if (object === undefined) throw new Error('no object')
  return object
}

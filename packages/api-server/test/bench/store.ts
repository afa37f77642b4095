/** How fast the store is without HTTP around it. `node packages/api-server/test/bench/store.ts` */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import { encodeList } from '../../src/registry/list-encoding.ts'
import { StoreRegistry } from '../../src/registry/registry.ts'

interface Thing extends KubernetesObject {
  data?: Record<string, string>
}

const definition = (plural: string, kind: string): ResourceDefinition<Thing> => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  scope: 'Namespaced',
  schema: `io.k8s.api.core.v1.${kind}`,
})

const directory = await mkdtemp(join(tmpdir(), 'tandem-bench-'))
const backend = await LevelBackend.open({ directory })
const registry = await StoreRegistry.open({ backend })
const configMaps = registry.store(definition('configmaps', 'ConfigMap'))
const pods = registry.store(definition('pods', 'Pod'))
const namespace = 'default'

const thing = (name: string, bytes: number): Thing => ({
  metadata: { name, labels: { app: 'bench' }, uid: '', resourceVersion: '', creationTimestamp: '' },
  data: { value: 'x'.repeat(bytes) },
})

async function measure(what: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const milliseconds = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  delay.disable()
  const rate = Math.round((count / milliseconds) * 1000)
  const cpuEach = ((user + system) / count).toFixed(1)
  const loop = `event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} max ${(delay.max / 1e6).toFixed(1)} ms`
  console.log(`${what}: ${rate} /s, ${milliseconds.toFixed(0)} ms, ${cpuEach} us CPU each, ${loop}`)
}

/** So many at a time, as so many connections would. */
async function inParallel(count: number, connections: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const connection = async () => {
    for (let i = next++; i < count; i = next++) await work(i)
  }
  await Promise.all(Array.from({ length: connections }, connection))
}

await measure('create 2,000 ConfigMaps of 1 KiB, 32 at a time', 2000, () =>
  inParallel(2000, 32, (i) => configMaps.create(thing(`c${i}`, 700), { namespace })),
)
await measure('create 5,000 pods of 4.4 KB, 32 at a time', 5000, () =>
  inParallel(5000, 32, (i) => pods.create(thing(`p${i}`, 4200), { namespace })),
)
await measure('get 10,000 times', 10_000, () =>
  inParallel(10_000, 32, (i) => configMaps.get({ namespace, name: `c${i % 2000}` })),
)
await measure('update 2,000 ConfigMaps', 2000, () =>
  inParallel(2000, 32, (i) =>
    configMaps.update({ namespace, name: `c${i}` }, (old) => ({ ...(old as Thing), data: { value: String(i) } })),
  ),
)
await measure('list 5,000 pods 10 times', 10, async () => {
  for (let i = 0; i < 10; i++) {
    let bytes = 0
    for (const chunk of encodeList(pods.definition, await pods.list())) bytes += chunk.length
    if (bytes < 20e6) throw new Error('too little')
  }
})
await measure('list 5,000 pods by label 10 times', 10, async () => {
  for (let i = 0; i < 10; i++) await pods.list({ labelSelector: 'app=bench' })
})
await measure('100 watchers x 500 writes', 50_000, async () => {
  const ending = new AbortController()
  const watchers = Array.from({ length: 100 }, async () => {
    let seen = 0
    let bytes = 0
    const watch = await configMaps.watch({
      namespace,
      resourceVersion: String(registry.revision()),
      signal: ending.signal,
    })
    for await (const batch of watch) {
      for (const event of batch) bytes += event.json().length
      seen += batch.length
      if (seen >= 500) return bytes
    }
    return bytes
  })
  await new Promise((resolve) => setImmediate(resolve))
  await inParallel(500, 32, (i) => configMaps.create(thing(`w${i}`, 700), { namespace }))
  await Promise.all(watchers)
  ending.abort()
})
await measure('delete 2,000 ConfigMaps', 2000, () =>
  inParallel(2000, 32, (i) => configMaps.delete({ namespace, name: `c${i}` })),
)
console.log(`memory: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`)
await registry.close()
await backend.close()
await rm(directory, { recursive: true, force: true })

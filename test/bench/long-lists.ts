import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { configMaps } from '@tandem/api/core/v1/configmap'
import type { ConfigMap } from '@tandem/api/core/v1/types'
import { StoreRegistry } from '@tandem/api-server/registry/registry'
import { startTestServer, type TestClientConfig } from '@tandem/api-server/testing/server'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import { Client } from 'undici'
import { configMap } from './objects.ts'
import { count, mebibytes, milliseconds, type Row, type Table } from './table.ts'

const objects = Number(process.env.BENCH_OBJECTS ?? 150_000)
const meta = 'v=v1;g=meta.k8s.io'

/** What is asked for, and as what. */
const forms: Readonly<Record<string, { accept: string; query?: string }>> = {
  JSON: { accept: 'application/json' },
  protobuf: { accept: 'application/vnd.kubernetes.protobuf' },
  Table: { accept: `application/json;as=Table;${meta}` },
  'metadata only': { accept: `application/json;as=PartialObjectMetadataList;${meta}` },
  'metadata only in protobuf': { accept: `application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;${meta}` },
  'indented JSON': { accept: 'application/json', query: '?pretty=true' },
  YAML: { accept: 'application/yaml' },
}

/** How long the server's event loop is held up while all of very many objects are listed, in every form and in all forms at once. */
export async function longListsTable(): Promise<Table> {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-bench-'))
  try {
    await fill(directory)
    const server = await startTestServer({ dataDir: directory })
    const clients = fork(import.meta.filename, { execArgv: process.execArgv })
    try {
      clients.send(await server.clientConfig())
      await once(clients, 'message')
      const rows: Row[] = []
      for (const name of Object.keys(forms)) rows.push(await measured(clients, name, [name]))
      rows.push(await measured(clients, 'all of these at once', Object.keys(forms)))
      return { title: `Event loop while ${count(objects)} ConfigMaps of 1 KiB are listed`, rows }
    } finally {
      clients.kill()
      await server.stop()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measured(clients: ReturnType<typeof fork>, work: string, names: string[]): Promise<Row> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const idle = process.memoryUsage().rss
  let peak = idle
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 100)
  delay.enable()
  const round = longestRound()
  const started = performance.now()
  clients.send(names)
  const [bytes] = (await once(clients, 'message')) as [number]
  delay.disable()
  const cpu = round.end()
  clearInterval(sampling)
  const seconds = (performance.now() - started) / 1000
  const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6]
  const figure = `p99 ${milliseconds(p99)}, max ${milliseconds(max)}; CPU of a round ${milliseconds(cpu)}; ${mebibytes(bytes)} in ${seconds.toFixed(1)} s, memory +${mebibytes(peak - idle)}`
  return { work, target: 'p99 10 ms, max 50 ms', figure }
}

/** The most processor time that one round of the event loop took: unlike the delay, it does not grow with what else the machine does. */
function longestRound(): { end(): number } {
  let longest = 0
  let running = true
  const used = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let last = used()
  const probe = (): void => {
    const now = used()
    longest = Math.max(longest, now - last)
    last = now
    if (running) setImmediate(probe)
  }
  setImmediate(probe)
  return {
    end() {
      running = false
      return longest
    },
  }
}

async function fill(directory: string): Promise<void> {
  const backend = await LevelBackend.open({ directory: join(directory, 'store') })
  const registry = await StoreRegistry.open({ backend })
  const store = registry.store<ConfigMap>(configMaps)
  let next = 0
  const writer = async () => {
    for (let index = next++; index < objects; index = next++)
      await store.create(configMap(`map-${index}`) as ConfigMap, { namespace: 'default' })
  }
  await Promise.all(Array.from({ length: 256 }, writer))
  await registry.close()
  await backend.close()
}

/** Clients live in a process of their own: they are not what is measured. */
async function serveClients(): Promise<void> {
  const [config] = (await once(process, 'message')) as [TestClientConfig]
  const { server, certificate, key, certificateAuthority } = config
  const list = async (name: string): Promise<number> => {
    const client = new Client(server, {
      connect: { cert: certificate, key, ca: certificateAuthority },
      bodyTimeout: 0,
      headersTimeout: 0,
    })
    const { accept, query = '' } = forms[name] ?? { accept: '' }
    const path = `/api/v1/namespaces/default/configmaps${query}`
    const { body } = await client.request({ method: 'GET', path, headers: { accept } })
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.byteLength
    await client.close()
    return bytes
  }
  process.on('message', async (names: string[]) => {
    const bytes = await Promise.all(names.map(list))
    process.send?.(bytes.reduce((sum, one) => sum + one, 0))
  })
  process.send?.('ready')
}

if (process.send && process.argv[1] === import.meta.filename) await serveClients()

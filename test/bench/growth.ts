import { join } from 'node:path'
import { configMaps } from '@tandem/api/core/v1/configmap'
import type { ConfigMap } from '@tandem/api/core/v1/types'
import { Codec } from '@tandem/api-server/registry/entry'
import { resourcePrefix } from '@tandem/api-server/registry/keys'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { Pool } from 'undici'
import { type ControlPlane, prepareControlPlane } from './control-plane.ts'
import { answersAt, connect, rateOf, send } from './load.ts'
import { configMap } from './objects.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { count, mebibytes, type Row, type Table } from './table.ts'

const few = 100
const many = 150_000
const operations = 3000
const maps = '/api/v1/namespaces/default/configmaps'

interface Costs {
  get: number
  create: number
  event: number
  memory: number
}

/** What one operation costs with few objects and with many. */
export async function growthTable(): Promise<Table> {
  const small = await costsWith(few)
  const large = await costsWith(many)
  const cost = (work: string, of: 'get' | 'create' | 'event'): Row => ({
    work,
    target: 'the same',
    figure: `${small[of].toFixed(3)} and ${large[of].toFixed(3)} ms CPU`,
  })
  const grown = large.memory - small.memory
  const stored = storedBytes(many)
  return {
    title: `API server with ${count(few)} and with ${count(many)} objects`,
    rows: [
      cost('get', 'get'),
      cost('create', 'create'),
      cost('create that one watcher sees', 'event'),
      {
        work: `memory for ${mebibytes(stored)} of objects`,
        target: `${mebibytes(2 * stored)}`,
        figure: mebibytes(grown),
      },
    ],
  }
}

async function costsWith(objects: number): Promise<Costs> {
  const prepared = await prepareControlPlane()
  await fill(join(prepared.plan.directory, 'data', 'store'), objects)
  const plane = prepared.start(['apiserver'])
  const pool = connect(plane)
  try {
    await answersAt(pool, '/readyz', performance.now())
    await readToEnd(pool, maps)
    const pid = plane.processes.get('apiserver') ?? 0
    const memory = proportionalSetSize(pid)
    const each = async (request: (index: number) => Promise<unknown>): Promise<number> => {
      await rateOf(operations / 3, (index) => request(index + operations))
      const before = processorTime(pid)
      await rateOf(operations, request)
      return (processorTime(pid) - before) / operations
    }
    const create = (prefix: string) => (index: number) => send(pool, 'POST', maps, configMap(`${prefix}-${index}`))
    const get = await each((index) => send(pool, 'GET', `${maps}/map-${index % few}`))
    const created = await each(create('created'))
    const watcher = await watchAll(plane)
    const event = await each(create('watched'))
    await watcher.destroy()
    return { get, create: created, event, memory }
  } finally {
    await pool.destroy()
    await plane.stop()
  }
}

const stored = (index: number): ConfigMap =>
  ({
    ...configMap(`map-${index}`, 300),
    metadata: { name: `map-${index}`, namespace: 'default', uid: `uid-${index}`, labels: { app: 'bench' } },
  }) as unknown as ConfigMap

const codec = new Codec(configMaps)
const storedBytes = (objects: number): number => objects * codec.encode(stored(objects - 1)).byteLength

/** Written before the server starts, as it would have written them. */
async function fill(directory: string, objects: number): Promise<void> {
  const backend = await LevelBackend.open({ directory })
  for (let index = 0; index < objects; index += 500) {
    const some = Array.from({ length: Math.min(500, objects - index) }, (_, offset) => stored(index + offset))
    await Promise.all(
      some.map((object) =>
        backend.create(`${resourcePrefix(configMaps)}default/${object.metadata.name}`, codec.encode(object)),
      ),
    )
  }
  await backend.close()
}

async function readToEnd(pool: Pool, path: string): Promise<void> {
  const { statusCode, body } = await pool.request({ method: 'GET', path })
  if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode}`)
  await body.dump({ limit: Number.POSITIVE_INFINITY })
}

/** From now on: what there is already is not told. */
async function watchAll(plane: ControlPlane): Promise<Pool> {
  const pool = connect(plane, 1)
  const { metadata } = JSON.parse((await send(pool, 'GET', `${maps}?limit=1`)).toString())
  const path = `/api/v1/configmaps?watch=true&timeoutSeconds=600&resourceVersion=${metadata.resourceVersion}`
  const { body } = await pool.request({ method: 'GET', path })
  body.on('error', () => undefined)
  body.resume()
  return pool
}

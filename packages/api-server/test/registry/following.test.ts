import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import t from 'tap'
import { StoreRegistry } from '../../src/registry/registry.ts'
import { configMap, configMaps, namesOf } from './testing.ts'

t.test('what is written while the watch of the backend is broken is seen afterwards', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-following-'))
  const backend = await LevelBackend.open({ directory })
  const broken = Promise.withResolvers<never>()
  let watches = 0
  const watch = backend.watch.bind(backend)
  backend.watch = async function* (prefix, options) {
    if (watches++ > 0) return yield* watch(prefix, options)
    yield { events: [], revision: await backend.currentRevision() }
    await broken.promise
  }
  const errors: unknown[] = []
  const registry = await StoreRegistry.open({ backend, onError: (error) => errors.push(error) })
  t.teardown(async () => {
    await registry.close()
    await backend.close()
    await rm(directory, { recursive: true, force: true })
  })
  const store = registry.store(configMaps)
  t.equal(await namesOf(store), '', 'the cache is filled')
  broken.reject(new Error('the log is gone'))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(await namesOf(store), '', 'and read while nobody follows')
  await store.create(configMap('a'), { namespace: 'n' })
  t.equal(await namesOf(store), 'a')
  t.equal(errors.length, 1)
})

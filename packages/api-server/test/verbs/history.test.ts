import { join } from 'node:path'
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import t from 'tap'
import { askingServer, checkRows, configMap, maps } from './asking.ts'

const { server, ask } = await askingServer(t)
for (const name of ['a', 'b', 'c', 'd']) await ask('POST', maps, configMap(name, { data: { page: name } }))
const old = (await ask('GET', `${maps}?limit=2`)).body.metadata

/** All that was before now is gone, as after some minutes. */
async function forgetHistory(): Promise<void> {
  await server.server.stop()
  const backend = await LevelBackend.open({ directory: join(server.directory, 'store', 'store') })
  await backend.compact(await backend.currentRevision())
  await backend.close()
  await server.restart()
}

const config = new KubeConfig()
config.loadFromFile(await server.kubeconfig())
const core = config.makeApiClient(CoreV1Api)
const namespace = 'default'
let lists = 0
const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, async () => {
  lists++
  return core.listNamespacedConfigMap({ namespace })
})
t.teardown(() => informer.stop())
await informer.start()
await informer.stop()
const listsBefore = lists
await ask('DELETE', `${maps}/c`)
await ask('POST', maps, configMap('e'))
await forgetHistory()
const gone = (message: string | RegExp) => ({ reason: 'Expired', code: 410, message })
const inconsistent =
  /^The provided continue parameter is too old to display a consistent list result\. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results\./

t.test('a page of what is gone', async (t) => {
  const answer = await ask('GET', `${maps}?limit=1&continue=${old.continue}`)
  t.equal(answer.code, 410)
  t.match(answer.body, gone(inconsistent))
  const token = answer.body.metadata.continue
  t.match(JSON.parse(Buffer.from(token, 'base64url').toString()), { v: 'meta.k8s.io/v1', rv: -1, start: 'b\0' })
  const names: string[] = []
  let next = token
  let version: string | undefined
  while (next) {
    const { body } = await ask('GET', `${maps}?limit=1&continue=${next}`)
    names.push(...body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name))
    version ??= body.metadata.resourceVersion
    t.equal(body.metadata.resourceVersion, version, 'the rest is of one version')
    next = body.metadata.continue
  }
  t.same(names, ['d', 'e'], 'the rest as it is now')
  t.ok(Number(version) > Number(old.resourceVersion))
})

t.test('lists and watches of what is gone', async (t) => {
  await checkRows(t, ask, [
    {
      what: 'exactly',
      ask: ['GET', `${maps}?resourceVersion=${old.resourceVersion}&resourceVersionMatch=Exact`],
      code: 410,
      body: gone('The resourceVersion for the provided list is too old.'),
    },
    { what: 'not older', ask: ['GET', `${maps}?resourceVersion=${old.resourceVersion}`], code: 200 },
    {
      what: 'a watch is told in an event',
      ask: ['GET', `${maps}?watch=1&resourceVersion=${old.resourceVersion}`],
      code: 200,
      body: {
        type: 'ERROR',
        object: gone(new RegExp(`^too old resource version: ${old.resourceVersion} \\(\\d+\\)$`)),
      },
    },
  ])
})

t.test('an informer of a client that was away lists again, and goes on', async (t) => {
  const { promise, resolve } = Promise.withResolvers<V1ConfigMap>()
  informer.on('add', (object) => {
    if (object.metadata?.name === 'later') resolve(object)
  })
  const deleted = new Promise<V1ConfigMap>((resolve) => informer.on('delete', resolve))
  await informer.start()
  t.equal((await deleted).metadata?.name, 'c', 'what went away meanwhile')
  t.equal(lists, listsBefore + 1)
  await ask('POST', maps, configMap('later'))
  t.equal((await promise).metadata?.name, 'later')
  t.same(
    informer
      .list(namespace)
      .map(({ metadata }) => metadata?.name)
      .sort(),
    ['a', 'b', 'd', 'e', 'later'],
  )
})

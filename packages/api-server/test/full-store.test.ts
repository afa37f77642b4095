import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backend, NoSpaceError } from '@tandem/storage'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'
import { requestsOf } from './request-client.ts'

const directory = await mkdtemp(join(tmpdir(), 'tandem-full-store-'))
const level = await LevelBackend.open({ directory })
let full = false

/** The store, which refuses writes while its disk is full. */
const backend = new Proxy<Backend>(level, {
  get(target, name: keyof Backend) {
    const isWrite = name === 'create' || name === 'update' || name === 'delete'
    if (isWrite && full) return () => Promise.reject(new NoSpaceError(`no space left in ${directory}`))
    const member = target[name]
    return typeof member === 'function' ? member.bind(target) : member
  },
})
const server = await startTestServer({ backend })
const { ask, close } = await requestsOf(server)
t.teardown(async () => {
  await close()
  await server.stop()
  await level.close()
  await rm(directory, { recursive: true, force: true })
})

const maps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const { body: there } = await ask('POST', maps, configMap('there', { a: '1' }))
full = true

const writes: [string, method: string, path: string, body?: unknown, type?: string][] = [
  ['a creation', 'POST', maps, configMap('new')],
  ['an update', 'PUT', `${maps}/there`, { ...there, data: { a: '2' } }],
  ['a patch', 'PATCH', `${maps}/there`, { data: { a: '2' } }, 'application/merge-patch+json'],
  ['an apply', 'PATCH', `${maps}/new?fieldManager=me`, configMap('new'), 'application/apply-patch+yaml'],
  ['a deletion', 'DELETE', `${maps}/there`],
  ['a deletion of many', 'DELETE', maps],
]
for (const [name, method, path, body, type] of writes)
  t.test(`${name} is refused as upstream refuses it without space`, async (t) => {
    const answer = await ask(method, path, body, type ? { type } : {})
    t.equal(answer.code, 507)
    t.same(answer.body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'etcdserver: mvcc: database space exceeded',
      code: 507,
    })
  })

t.test('reads and watches go on, and writes once there is space', async (t) => {
  t.same((await ask('GET', `${maps}/there`)).body, there)
  t.equal((await ask('GET', maps)).body.items.length, 1)
  t.equal((await ask('GET', '/readyz')).code, 200)
  const { resourceVersion } = there.metadata
  const watch = ask('GET', `${maps}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=2`)
  full = false
  t.equal((await ask('POST', maps, configMap('new'))).code, 201)
  const events = (await watch).text.trim().split('\n')
  t.match(JSON.parse(events[0] ?? ''), { type: 'ADDED', object: { metadata: { name: 'new' } } })
})

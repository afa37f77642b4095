import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const secrets = '/api/v1/namespaces/default/secrets'
const marker = Buffer.from('the-secret-that-nobody-may-find').toString('base64')
const key = (name: string) => ({ name, secret: randomBytes(32).toString('base64') })

t.test('secrets are encrypted, and keys are changed while the server runs', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-encryption-'))
  const store = join(directory, 'store')
  const path = join(directory, 'encryption.yaml')
  const providers = (...own: object[]) =>
    writeFile(
      path,
      JSON.stringify({
        apiVersion: 'apiserver.config.k8s.io/v1',
        kind: 'EncryptionConfiguration',
        resources: [{ resources: ['secrets'], providers: own }],
      }),
    )
  const [first, second] = [key('first'), key('second')]
  await providers({ aesgcm: { keys: [first] } }, { identity: {} })

  const backend = await LevelBackend.open({ directory: store, interval: 50, retention: { milliseconds: 100 } })
  const server = await startTestServer({
    backend,
    encryptionProviderConfig: path,
    encryptionProviderConfigAutomaticReload: true,
  })
  const { ask, close } = await requestsOf(server)
  t.teardown(async () => {
    await close()
    await server.stop()
    await backend.close()
    await rm(directory, { recursive: true, force: true })
  })
  const stored = async () =>
    (await backend.list('/registry/core/secrets/')).entries.map(({ value }) => value.toString())
  const prefixes = async () => [...new Set((await stored()).map((value) => value.split(':').slice(0, 5).join(':')))]
  const reloads = async (count: number) => {
    for (let tries = 0; tries < 200; tries++) {
      const { text } = await ask('GET', '/metrics')
      if (new RegExp(`automatic_reloads_total{status="success",[^}]*} ${count}\n`).test(text)) return
      await sleep(50)
    }
    t.fail('the file was not taken over')
  }
  const rewrite = async () => {
    for (const object of (await ask('GET', secrets)).body.items)
      t.equal((await ask('PUT', `${secrets}/${object.metadata.name}`, object)).code, 200)
  }

  for (let i = 0; i < 20; i++) await ask('POST', secrets, { metadata: { name: `s${i}` }, data: { password: marker } })
  await ask('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'open' }, data: { a: 'plainly' } })
  t.same(await prefixes(), ['k8s:enc:aesgcm:v1:first'])
  t.equal((await ask('GET', `${secrets}/s1`)).body.data.password, marker)

  await providers({ aesgcm: { keys: [first, second] } }, { identity: {} })
  await reloads(1)
  t.same(await prefixes(), ['k8s:enc:aesgcm:v1:first'], 'a key to read with changes nothing')
  await providers({ aesgcm: { keys: [second, first] } }, { identity: {} })
  await reloads(2)
  await rewrite()
  t.same(await prefixes(), ['k8s:enc:aesgcm:v1:second'], 'writing what is there is enough')
  const { resourceVersion } = (await ask('GET', secrets)).body.metadata
  await rewrite()
  t.equal((await ask('GET', secrets)).body.metadata.resourceVersion, resourceVersion, 'once')

  await providers({ aesgcm: { keys: [second] } })
  await reloads(3)
  t.equal((await ask('GET', `${secrets}/s1`)).body.data.password, marker)
  t.equal((await ask('GET', secrets)).body.items.length, 20)

  await t.test('a file that is wrong changes nothing', async (t) => {
    await writeFile(path, 'kind: Nothing\n')
    for (let tries = 0; tries < 200; tries++) {
      if (/status="failure",[^}]*} 1\n/.test((await ask('GET', '/metrics')).text)) break
      await sleep(50)
    }
    t.match((await ask('GET', '/metrics')).text, /automatic_reloads_total{status="failure",[^}]*} 1\n/)
    t.equal((await ask('GET', `${secrets}/s2`)).body.data.password, marker)
    await providers({ aesgcm: { keys: [second] } })
  })

  await t.test('after a restart', async (t) => {
    await server.restart()
    t.equal((await ask('GET', `${secrets}/s3`)).body.data.password, marker)
  })

  await t.test('the directory tells nothing', async (t) => {
    const files = await readdir(store, { recursive: true, withFileTypes: true })
    const contents = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))),
    )
    t.notOk(contents.some((content) => content.includes(marker)))
    t.ok(
      contents.some((content) => content.includes('plainly')),
      'it would be found',
    )
  })
})

t.test('a server does not start with a file that is wrong', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-encryption-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'encryption.yaml')
  await writeFile(path, 'kind: Nothing\n')
  await t.rejects(startTestServer({ encryptionProviderConfig: path }), { code: 'ENCRYPTION_CONFIGURATION' })
})

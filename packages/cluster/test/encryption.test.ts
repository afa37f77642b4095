import { statSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { secrets } from '@tandem/api/core/v1/secret'
import type { Secret } from '@tandem/api/core/v1/types'
import { startTestServer } from '@tandem/api-server/testing/server'
import { isConflict } from '@tandem/apimachinery'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { createClient } from '@tandem/client/rest-client'
import {
  encryptionConfigPath,
  encryptionStatus,
  ensureEncryptionConfig,
  rotateEncryptionKey,
} from '@tandem/cluster/encryption'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import t from 'tap'

const marker = Buffer.from('nobody-may-find-this').toString('base64')
const secret = (name: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' } as Secret['metadata'],
  data: { password: marker },
})

t.test('keys are changed while everybody goes on', async (t) => {
  const directory = t.testdir()
  const plan = { directory }
  ensureEncryptionConfig(plan)
  t.equal(statSync(encryptionConfigPath(plan)).mode & 0o777, 0o600)
  t.same(encryptionStatus(plan).keys, [], 'off at first')

  const store = join(directory, 'store')
  const backend = await LevelBackend.open({ directory: store })
  const server = await startTestServer({
    backend,
    encryptionProviderConfig: encryptionConfigPath(plan),
    encryptionProviderConfigAutomaticReload: true,
  })
  const client = createClient(await loadKubeconfig(await server.kubeconfig()))
  const stop = new AbortController()
  const writers: Promise<void>[] = []
  t.teardown(async () => {
    stop.abort()
    await Promise.all(writers)
    await client.close()
    await server.stop()
    await backend.close()
  })
  const prefixes = async () => {
    const { entries } = await backend.list('/registry/core/secrets/')
    return [
      ...new Set(
        entries.map(
          ({ value }) =>
            Buffer.from(value)
              .toString('latin1')
              .match(/^k8s:enc:aesgcm:v1:(.*?):/)?.[1] ?? 'none',
        ),
      ),
    ]
  }
  const found = async (what: string) => {
    const files = await readdir(store, { recursive: true, withFileTypes: true })
    // LevelDB removes files while they are looked at.
    const contents = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0))),
    )
    return contents.some((content) => content.includes(what))
  }
  for (let i = 0; i < 30; i++) await client.create(secrets, secret(`s${i}`))
  t.same(await prefixes(), ['none'])
  t.equal(await found(marker), true)

  const failures: unknown[] = []
  let requests = 0
  const writer = async (own: number) => {
    for (let i = 0; !stop.signal.aborted; i++, await sleep(5))
      try {
        const name = `s${(own * 7 + i) % 30}`
        const object = await client.get(secrets, { namespace: 'default', name })
        if (object.data?.password !== marker) throw new Error(`${name} is not what it was`)
        await client.update(secrets, { ...object, metadata: { ...object.metadata, labels: { by: `${own}-${i}` } } })
        requests++
      } catch (error) {
        if (!isConflict(error)) failures.push(error)
      }
  }
  writers.push(writer(0), writer(1), writer(2))

  let now = Date.parse('2026-11-22T19:00:00.123Z')
  const rotate = () => rotateEncryptionKey(plan, { client, now: () => now })
  t.match(await rotate(), { key: 'key-2026-11-22t190000z', removed: [] })
  t.same(await prefixes(), ['key-2026-11-22t190000z'])
  t.equal(await found(marker), false, 'no plain secret is on the disk')
  now += 60_000
  const second = await rotate()
  t.match(second, { key: 'key-2026-11-22t190100z', removed: ['key-2026-11-22t190000z'] })
  t.same(await prefixes(), ['key-2026-11-22t190100z'])
  t.same(encryptionStatus(plan).keys, ['key-2026-11-22t190100z'])
  t.notMatch(await readFile(encryptionConfigPath(plan), 'utf8'), /190000/)
  stop.abort()
  await Promise.all(writers)
  t.same(failures, [])
  t.ok(requests > 10, `${requests} writes meanwhile`)
  t.equal((await client.list(secrets)).items.length, 30)

  t.equal(await found(':key-2026-11-22t190100z:'), true)
  t.equal(await found(':key-2026-11-22t190000z:'), false, 'nothing under the old key is on the disk')
  t.equal(await found(marker), false)

  await t.test('a file that was changed by hand is left alone', async (t) => {
    const path = encryptionConfigPath(plan)
    await writeFile(path, (await readFile(path, 'utf8')).replace('- secrets', '- secrets\n      - configmaps'))
    await t.rejects(rotate(), { code: 'ENCRYPTION_REFUSED' })
  })
})

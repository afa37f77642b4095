import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Backend } from '../../src/backend.ts'
import { aesCbc, aesGcm } from '../../src/encryption/aes.ts'
import { EncryptedBackend } from '../../src/encryption/encrypted-backend.ts'
import { identity, transformerOf } from '../../src/encryption/transformer.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { backendSuite } from '../../src/testing/backend-suite.ts'

const one = aesGcm({ name: 'one', secret: Buffer.alloc(32, 1) })
const two = aesGcm({ name: 'two', secret: Buffer.alloc(32, 2) })
const cbc = aesCbc({ name: 'one', secret: Buffer.alloc(16, 3) })
const plain = Buffer.from('{"data":"secret"}')

const ciphers = [
  { name: 'AES-GCM', cipher: one, prefix: 'k8s:enc:aesgcm:v1:one:', overhead: 28 },
  { name: 'AES-CBC', cipher: cbc, prefix: 'k8s:enc:aescbc:v1:one:', overhead: 31 },
]
for (const { name, cipher, prefix, overhead } of ciphers)
  t.test(name, async (t) => {
    const transformer = transformerOf([cipher, identity])
    const stored = Buffer.from(transformer.encrypt(plain, '/a'))
    t.equal(stored.subarray(0, prefix.length).toString(), prefix)
    t.equal(stored.length, prefix.length + plain.length + overhead)
    t.notOk(stored.includes('secret'))
    t.same(transformer.decrypt(stored, '/a'), { value: plain, stale: false })
    t.notSame(transformer.encrypt(plain, '/a'), stored, 'never twice the same')
    t.same(transformer.decrypt(transformer.encrypt(Buffer.alloc(0), '/a'), '/a').value, Buffer.alloc(0), 'nothing')
    for (const cut of [prefix.length, prefix.length + 5, stored.length - 1])
      t.throws(
        () => transformer.decrypt(stored.subarray(0, cut), '/a'),
        { code: 'STORAGE_DECRYPTION' },
        `cut at ${cut}`,
      )
  })

t.test('AES-GCM as upstream writes it', async (t) => {
  // Sealed by Go's crypto/cipher with the key, the nonce and the additional data given here.
  const stored = Buffer.concat([
    Buffer.from('k8s:enc:aesgcm:v1:one:'),
    Buffer.from('000000000000000000000000', 'hex'),
    Buffer.from('d750f4b01a9587c6daaf0d592ec502bf05809ce288', 'hex'),
  ])
  t.same(transformerOf([one]).decrypt(stored, '/registry/secrets/default/a').value.toString(), 'hello')
})

t.test('a value reads nowhere but where it was written, and not when it was changed', async (t) => {
  const transformer = transformerOf([one])
  const stored = Buffer.from(transformer.encrypt(plain, '/a'))
  t.throws(() => transformer.decrypt(stored, '/b'), { code: 'STORAGE_DECRYPTION' })
  for (const at of [25, 40, stored.length - 1]) {
    const changed = Buffer.from(stored)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.throws(() => transformer.decrypt(changed, '/a'), { code: 'STORAGE_DECRYPTION' }, `byte ${at}`)
  }
})

const reads = [
  { name: 'the first cipher wrote it', by: one, ciphers: [one, two], stale: false },
  { name: 'a later one did', by: two, ciphers: [one, two], stale: true },
  { name: 'it was not encrypted before', by: identity, ciphers: [one, identity], stale: true },
  { name: 'encryption is being left', by: one, ciphers: [identity, one], stale: true },
  { name: 'it is not encrypted', by: identity, ciphers: [identity, one], stale: false },
  {
    name: 'two keys of one name',
    by: aesGcm({ name: 'one', secret: Buffer.alloc(32, 9) }),
    ciphers: [one, aesGcm({ name: 'one', secret: Buffer.alloc(32, 9) })],
    stale: true,
  },
  { name: 'its key is gone', by: two, ciphers: [one, identity], stale: undefined },
  { name: 'nothing encrypted is expected', by: one, ciphers: [identity], stale: undefined },
  { name: 'nothing plain is expected', by: identity, ciphers: [one], stale: undefined },
]
for (const { name, by, ciphers, stale } of reads)
  t.test(`reading: ${name}`, async (t) => {
    const stored = transformerOf([by]).encrypt(plain, '/a')
    const read = () => transformerOf(ciphers).decrypt(stored, '/a')
    if (stale === undefined) t.throws(read, { code: 'STORAGE_DECRYPTION' })
    else t.same(read(), { value: plain, stale })
  })

const open = async (t: Test) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-encrypted-'))
  const base = await LevelBackend.open({ directory, reserveBytes: 1 << 20 })
  t.teardown(async () => {
    await base.close()
    await rm(directory, { recursive: true, force: true })
  })
  const under = (...used: (typeof one)[]) => {
    const transformer = transformerOf(used)
    return (key: string) => (key.startsWith('/s/') ? transformer : undefined)
  }
  return { base, under, backend: new EncryptedBackend(base, under(one, identity)) }
}

t.test('what lies in the store, and what is told of it', async (t) => {
  const { base, backend } = await open(t)
  const { revision } = await backend.create('/c/first', plain)
  await backend.create('/s/a', plain)
  await backend.create('/c/a', plain)
  t.match((await base.get('/s/a'))?.value.toString(), /^k8s:enc:aesgcm:v1:one:/)
  t.equal((await base.get('/c/a'))?.value.toString(), plain.toString(), 'what is not encrypted is as it was')
  t.equal((await backend.get('/s/a'))?.value.toString(), plain.toString())
  const { signal } = new AbortController()
  for await (const { events } of backend.watch('/', { fromRevision: revision, signal })) {
    t.same(events[0]?.value.toString(), plain.toString())
    break
  }
})

t.test('keys come and go', async (t) => {
  const { base, backend, under } = await open(t)
  const before = await backend.create('/c/first', plain)
  const first = await backend.create('/s/a', plain)
  t.equal(await backend.isStale('/s/a'), false)
  backend.use(under(two, one, identity))
  t.equal(await backend.isStale('/s/a'), true)
  t.equal((await backend.get('/s/a'))?.value.toString(), plain.toString())
  await backend.update('/s/a', plain, first.revision)
  t.equal(await backend.isStale('/s/a'), false)
  t.match((await base.get('/s/a'))?.value.toString(), /^k8s:enc:aesgcm:v1:two:/)
  backend.use(under(two))
  t.equal((await backend.get('/s/a'))?.value.toString(), plain.toString())
  const { signal } = new AbortController()
  const past = async () => {
    for await (const batch of backend.watch('/s/', { fromRevision: before.revision, signal })) return batch
    return undefined
  }
  await t.rejects(past(), { code: 'STORAGE_COMPACTED' }, 'a past under a key that is gone')
  await t.rejects(backend.list('/s/', { revision: first.revision }), { code: 'STORAGE_COMPACTED' })
  backend.use(under(one))
  await t.rejects(backend.get('/s/a'), { code: 'STORAGE_DECRYPTION' })
})

const opened = new Map<Backend, string>()
let now = 1_000_000
const openIn = async (directory: string): Promise<Backend> => {
  const base = await LevelBackend.open({ directory, interval: 5, reserveBytes: 1 << 20, now: () => now })
  const transformer = transformerOf([one])
  const backend = new EncryptedBackend(base, () => transformer)
  opened.set(backend, directory)
  return backend
}
// Over a store, it is one.
backendSuite(t, {
  async open(t) {
    const directory = await mkdtemp(join(tmpdir(), 'tandem-encrypted-'))
    t.teardown(async () => {
      for (const [backend, where] of opened) if (where === directory) await backend.close()
      await rm(directory, { recursive: true, force: true })
    })
    return openIn(directory)
  },
  async reopen(backend) {
    await backend.close()
    return openIn(opened.get(backend) ?? '')
  },
  async advance(milliseconds) {
    now += milliseconds
    await new Promise((resolve) => setTimeout(resolve, 100))
  },
})

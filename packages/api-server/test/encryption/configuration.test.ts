import t from 'tap'
import { parseEncryptionConfiguration } from '../../src/encryption/configuration.ts'
import { transformersOf } from '../../src/encryption/transformers.ts'

const secret = Buffer.alloc(32).toString('base64')
const key = { name: 'key1', secret }
const gcm = { aesgcm: { keys: [key] } }
const file = (...resources: object[]) =>
  Buffer.from(JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources }))
const one = (names: string[], ...providers: object[]) => file({ resources: names, providers })

const rows: { name: string; content: Buffer; expected: string | undefined }[] = [
  { name: 'good', content: one(['secrets', 'deployments.apps'], gcm, { identity: {} }), expected: undefined },
  { name: 'no YAML', content: Buffer.from('a: [}'), expected: 'error while parsing' },
  { name: 'another kind', content: Buffer.from('{"kind":"Config"}'), expected: 'must be an EncryptionConfiguration' },
  { name: 'nothing', content: file(), expected: 'resources: Required value: at least one resources is required' },
  {
    name: 'no providers',
    content: one(['secrets']),
    expected: 'resources[0].providers: Required value: at least one resources[0].providers is required',
  },
  { name: 'a capital letter', content: one(['Secrets'], gcm), expected: 'should not contain capital letters' },
  { name: 'a lone star', content: one(['*'], gcm), expected: "use '*.' to encrypt all the resources" },
  { name: 'one of all groups', content: one(['pods.*'], gcm), expected: 'across groups is not supported' },
  { name: 'events of the new group', content: one(['events.events.k8s.io'], gcm), expected: "Use 'events' instead" },
  { name: 'twice the same', content: one(['secrets', 'secrets'], gcm), expected: 'cannot be specified multiple times' },
  { name: 'overlapping', content: one(['secrets', '*.'], gcm), expected: 'using overlapping resources' },
  { name: 'overlapping with all', content: one(['jobs.batch', '*.*'], gcm), expected: 'using overlapping resources' },
  {
    name: 'two providers in one',
    content: one(['secrets'], { ...gcm, identity: {} }),
    expected: 'more than one provider',
  },
  { name: 'no provider', content: one(['secrets'], {}), expected: 'does not contain any of the expected providers' },
  {
    name: 'secretbox',
    content: one(['secrets'], { secretbox: { keys: [key] } }),
    expected: 'this provider is not supported here; use aesgcm, aescbc or identity',
  },
  { name: 'kms', content: one(['secrets'], { kms: { apiVersion: 'v2' } }), expected: 'is not supported here' },
  { name: 'no keys', content: one(['secrets'], { aescbc: { keys: [] } }), expected: 'at least one keys is required' },
  {
    name: 'a key without name',
    content: one(['secrets'], { aesgcm: { keys: [{ secret }] } }),
    expected: 'resources[0].providers[0].aesgcm.keys[0].name: Required value: name is a mandatory field for a key',
  },
  {
    name: 'no base64',
    content: one(['secrets'], { aesgcm: { keys: [{ name: 'a', secret: '!' }] } }),
    expected: 'Invalid value: "REDACTED": secrets must be base64 encoded',
  },
  {
    name: 'a key of another length',
    content: one(['secrets'], { aesgcm: { keys: [{ name: 'a', secret: 'AAAA' }] } }),
    expected: 'secret is not of the expected length, got 3, expected one of [16 24 32]',
  },
]
for (const { name, content, expected } of rows)
  t.test(name, async (t) => {
    const parse = () => parseEncryptionConfiguration(content, 'file.yaml')
    if (expected === undefined) return t.doesNotThrow(parse)
    try {
      parse()
      t.fail('it was taken')
    } catch (error) {
      t.ok((error as Error).message.includes(expected), (error as Error).message)
      t.notOk((error as Error).message.includes(secret), 'no secret is told')
    }
  })

const writesAs = (content: Buffer, path: string): string => {
  const transformer = transformersOf(parseEncryptionConfiguration(content, 'file.yaml'))(`/registry/${path}`)
  if (!transformer) return 'as it is'
  return (
    Buffer.from(transformer.encrypt(Buffer.from('{}'), 'x'))
      .toString('latin1')
      .split(':')[4] ?? 'identity'
  )
}
const named = (name: string) => ({ aesgcm: { keys: [{ name, secret }] } })
const several = file(
  { resources: ['secrets', 'widgets.example.com'], providers: [named('own')] },
  { resources: ['*.apps'], providers: [named('apps')] },
  { resources: ['*.'], providers: [named('core')] },
  { resources: ['*.*'], providers: [named('all')] },
)
const places = [
  { path: 'core/secrets/default/a', by: 'own' },
  { path: 'core/configmaps/default/a', by: 'core' },
  { path: 'apps/deployments/default/a', by: 'apps' },
  { path: 'example.com/widgets/a', by: 'own' },
  { path: 'batch/jobs/default/a', by: 'all' },
]
for (const { path, by } of places) t.test(path, async (t) => t.equal(writesAs(several, path), by))

t.test('what nothing is said of', async (t) =>
  t.equal(writesAs(one(['secrets'], gcm), 'core/configmaps/default/a'), 'as it is'),
)

t.test('a rule behind one that covers it', async (t) => {
  const content = file({ resources: ['*.'], providers: [gcm] }, { resources: ['secrets'], providers: [gcm] })
  t.throws(() => writesAs(content, 'core/secrets/a'), { message: 'resource "secrets" is masked by earlier rule "*."' })
})

import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
t.teardown(async () => {
  await admin.close()
  await server.stop()
})

const core = '/api/v1/namespaces/default/persistentvolumeclaims'
const merge = { type: 'application/merge-patch+json' }
const size = (storage: string) => ({ spec: { resources: { requests: { storage } } } })

t.test('a claim grows only where its class says so', async (t) => {
  for (const [name, allowVolumeExpansion] of [
    ['fixed', false],
    ['elastic', true],
  ] as const)
    await admin.ask('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name },
      provisioner: 'example.com/p',
      allowVolumeExpansion,
    })
  const unsupported =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
  const cases = [
    { name: 'elastic', storageClassName: 'elastic' },
    { name: 'fixed', storageClassName: 'fixed', refusal: unsupported },
    { name: 'classless', storageClassName: '', refusal: unsupported },
  ]
  for (const { name, storageClassName, refusal } of cases) {
    const spec = { accessModes: ['ReadWriteOnce'], storageClassName, ...size('1Gi').spec }
    await admin.ask('POST', core, { metadata: { name }, spec: { ...spec, volumeName: name } })
    const status = { phase: 'Bound', capacity: { storage: '1Gi' } }
    await admin.ask('PATCH', `${core}/${name}/status`, { status }, merge)
    const { code, body } = await admin.ask('PATCH', `${core}/${name}`, size('2Gi'), merge)
    t.equal(code, refusal ? 403 : 200, name)
    if (refusal) t.match(body, { message: `persistentvolumeclaims "${name}" is forbidden: ${refusal}` })
  }
})

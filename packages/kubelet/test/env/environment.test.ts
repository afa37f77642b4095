import type { Container, Service } from '@tandem/api/core/v1/types'
import t from 'tap'
import { containerEnvironment, EnvironmentError } from '../../src/env/container-environment.ts'
import { serviceEnvironment, visibleServices } from '../../src/env/service-environment.ts'
import { container, podOf } from '../fixtures.ts'

const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  metadata: { namespace, name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  ...(spec && { spec }),
})
const kubernetes = service('default', 'kubernetes', { clusterIP: '10.96.0.1', ports: [{ port: 443, name: 'https' }] })
const db = service('default', 'my-db', {
  clusterIP: '10.96.1.1',
  ports: [{ port: 5432 }, { port: 53, protocol: 'UDP', name: 'dns' }],
})
const headless = service('default', 'headless', { clusterIP: 'None', ports: [{ port: 1 }] })
const foreign = service('other', 'theirs', { clusterIP: '10.96.2.2', ports: [{ port: 1 }] })
const all = [kubernetes, db, headless, foreign]

t.test('which Services a pod is told of', async (t) => {
  const names = (pod: ReturnType<typeof podOf>) => visibleServices(pod, all).map(({ metadata }) => metadata.name)
  t.same(names(podOf()), ['kubernetes', 'my-db'])
  t.same(names(podOf({ enableServiceLinks: false })), ['kubernetes'])
  t.same(names(podOf({}, { namespace: 'other' })), ['kubernetes', 'theirs'])
})

t.test('what it is told of them', async (t) => {
  t.same(
    serviceEnvironment([db]).map(({ name, value }) => `${name}=${value}`),
    [
      'MY_DB_SERVICE_HOST=10.96.1.1',
      'MY_DB_SERVICE_PORT=5432',
      'MY_DB_SERVICE_PORT_DNS=53',
      'MY_DB_PORT=tcp://10.96.1.1:5432',
      'MY_DB_PORT_5432_TCP=tcp://10.96.1.1:5432',
      'MY_DB_PORT_5432_TCP_PROTO=tcp',
      'MY_DB_PORT_5432_TCP_PORT=5432',
      'MY_DB_PORT_5432_TCP_ADDR=10.96.1.1',
      'MY_DB_PORT_53_UDP=udp://10.96.1.1:53',
      'MY_DB_PORT_53_UDP_PROTO=udp',
      'MY_DB_PORT_53_UDP_PORT=53',
      'MY_DB_PORT_53_UDP_ADDR=10.96.1.1',
    ],
  )
})

const metadata = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
})
const sources = {
  services: [db],
  configMap: async (_namespace: string, name: string) =>
    name === 'settings' ? { metadata: metadata(name), data: { COLOUR: 'green', 'not-a-name': 'x' } } : undefined,
  secret: async (_namespace: string, name: string) =>
    name === 'keys' ? { metadata: metadata(name), data: { KEY: Buffer.from('s3cret').toString('base64') } } : undefined,
  allocatable: { cpu: '4', memory: '8Gi' },
}

const rows: {
  name: string
  container: Partial<Container>
  expected?: Record<string, string | undefined>
  error?: string
}[] = [
  {
    name: 'a value refers to those before it, to sources and to Services',
    container: {
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)$(COLOUR)$(MY_DB_SERVICE_HOST)$(LATER)' },
        { name: 'LATER', value: 'x' },
      ],
    },
    expected: { B: '1green10.96.1.1$(LATER)' },
  },
  {
    name: 'env counts before envFrom',
    container: { envFrom: [{ configMapRef: { name: 'settings' } }], env: [{ name: 'COLOUR', value: 'red' }] },
    expected: { COLOUR: 'red' },
  },
  {
    name: 'a later source counts before an earlier one',
    container: { envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' }, prefix: 'P_' }] },
    expected: { P_KEY: 's3cret', COLOUR: 'green' },
  },
  {
    name: 'an optional key that is missing is not set',
    container: {
      env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'NONE', optional: true } } }],
    },
    expected: { X: undefined },
  },
  {
    name: 'a container without a limit may use what the node has',
    container: { env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] },
    expected: { X: '4' },
  },
  {
    name: 'a missing ConfigMap',
    container: { envFrom: [{ configMapRef: { name: 'none' } }] },
    error: 'configmap "none" not found',
  },
  {
    name: 'a missing key',
    container: { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'NONE' } } }] },
    error: "couldn't find key NONE in Secret default/keys",
  },
]
for (const { name, container: more, expected = {}, error } of rows) {
  t.test(name, async (t) => {
    const made = containerEnvironment(container('main', more), podOf(), sources)
    if (error) return t.rejects(made, new EnvironmentError(error))
    const env = Object.fromEntries((await made).map(({ name, value }) => [name, value]))
    for (const [key, value] of Object.entries(expected)) t.equal(env[key], value)
  })
}

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority, issueCertificate } from '@tandem/component-base/tls/index'
import t from 'tap'
import { customServer, definitionsPath, eventually } from './widgets.ts'

type Json = Record<string, unknown>
interface Served extends Json {
  apiVersion: string
  spec: { address?: string; host?: string; port?: string }
}

/** v1 has an address; v2 its two parts. */
function converted(object: Served, apiVersion: string): Served {
  const { address = '', host, port } = object.spec
  const [first, second] = address.split(':')
  const spec = apiVersion.endsWith('v2') ? { host: first ?? '', port: second ?? '' } : { address: `${host}:${port}` }
  return { ...object, apiVersion, spec }
}

async function startWebhook(t: { teardown(end: () => void): void }) {
  const authority = await createCertificateAuthority({ commonName: 'webhook-ca' })
  const { certificate, key } = await issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    usages: ['server auth'],
  })
  const state = { fails: '', calls: 0 }
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const review = JSON.parse(Buffer.concat(parts).toString())
    const { uid, objects, desiredAPIVersion } = review.request
    state.calls++
    const result = state.fails ? { status: 'Failure', message: state.fails } : { status: 'Success' }
    const convertedObjects = objects.map((object: Served) => converted(object, desiredAPIVersion))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ...review, request: undefined, response: { uid, result, convertedObjects } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`
  return { state, clientConfig: { url, caBundle: Buffer.from(authority.certificate).toString('base64') } }
}

const string = { type: 'string' }
const version = (name: string, properties: object, more: object) => ({
  name,
  served: true,
  storage: false,
  subresources: { status: {} },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties }, status: { type: 'object', properties: { phase: string } } },
    },
  },
  ...more,
})

const definition = (clientConfig: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'servers.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'servers', kind: 'Server' },
    conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
    versions: [
      version('v1', { address: string }, { storage: true, selectableFields: [{ jsonPath: '.spec.address' }] }),
      version('v2', { host: string, port: string }, { selectableFields: [{ jsonPath: '.spec.host' }] }),
    ],
  },
})
const at = (name: string, path = ''): string => `/apis/stable.example.com/${name}/namespaces/default/servers${path}`
const server = (apiVersion: string, name: string, spec: object) => ({
  apiVersion: `stable.example.com/${apiVersion}`,
  kind: 'Server',
  metadata: { name },
  spec,
})

t.test('a webhook converts', async (t) => {
  const { ask, begin, define, stop } = await customServer()
  t.teardown(stop)
  const { state, clientConfig } = await startWebhook(t)
  await define(definition(clientConfig))

  await ask('POST', at('v1'), server('v1', 'a', { address: 'one:1' }))
  const read = await ask('GET', at('v2', '/a'))
  t.match(read.body, { apiVersion: 'stable.example.com/v2', spec: { host: 'one', port: '1' } })
  const updated = await ask('PUT', at('v2', '/a'), { ...read.body, spec: { host: 'two', port: '1' } })
  t.match(updated.body, { spec: { host: 'two' }, metadata: { generation: 2 } })
  t.match((await ask('GET', at('v1', '/a'))).body, { spec: { address: 'two:1' }, metadata: { generation: 2 } })
  const status = await ask('PUT', at('v2', '/a/status'), { ...updated.body, spec: {}, status: { phase: 'Up' } })
  t.match(status.body, { spec: { host: 'two' }, status: { phase: 'Up' }, metadata: { generation: 2 } })

  await ask('POST', at('v2'), server('v2', 'b', { host: 'three', port: '3' }))
  const calls = state.calls
  const list = await ask('GET', at('v2'))
  t.same(
    list.body.items.map(({ spec }: Served) => spec.host),
    ['two', 'three'],
  )
  t.equal(state.calls, calls, 'what was converted once is not converted again')
  const chosen = await ask('GET', at('v2', '?fieldSelector=spec.host%3Dthree'))
  t.same(
    chosen.body.items.map(({ spec }: Served) => spec),
    [{ host: 'three', port: '3' }],
  )

  const { resourceVersion } = list.body.metadata
  const watching = await begin(
    at('v2', `?watch=true&timeoutSeconds=2&fieldSelector=spec.host%3Dthree&resourceVersion=${resourceVersion}`),
  )
  const patch = (name: string, address: string) =>
    ask('PATCH', at('v1', `/${name}`), { spec: { address } }, { type: 'application/merge-patch+json' })
  await patch('a', 'three:9')
  await patch('a', 'four:9')
  await patch('b', 'three:4')
  t.same(
    (await watching.rest)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ type, object }) => `${type} ${object.metadata.name} ${object.spec.host}`),
    ['ADDED a three', 'DELETED a four', 'MODIFIED b three'],
  )

  // Kept in another version from now on, what was written before is converted all the same.
  const { body } = await ask('GET', `${definitionsPath}/servers.stable.example.com`)
  const versions = body.spec.versions.map((one: Json) => ({ ...one, storage: one.name === 'v2' }))
  await ask('PUT', `${definitionsPath}/servers.stable.example.com`, { ...body, spec: { ...body.spec, versions } })
  await ask('POST', at('v2'), server('v2', 'c', { host: 'five', port: '5' }))
  const mixed = await eventually(
    () => ask('GET', at('v1')),
    ({ body }) => body.items?.length === 3,
  )
  t.same(
    mixed.body.items.map(({ spec }: Served) => spec),
    [{ address: 'four:9' }, { address: 'three:4' }, { address: 'five:5' }],
  )

  state.fails = 'not today'
  await ask('POST', at('v2'), server('v2', 'd', { host: 'six', port: '6' }))
  const failed = await ask('GET', at('v1', '/d'))
  t.equal(failed.code, 500)
  t.equal(failed.body.message, 'conversion webhook for stable.example.com/v2, Kind=Server failed: not today')
  t.equal((await ask('DELETE', `${definitionsPath}/servers.stable.example.com`)).code, 200)
  const gone = () => ask('GET', `${definitionsPath}/servers.stable.example.com`)
  t.equal((await eventually(gone, ({ code }) => code === 404)).code, 404, 'a definition goes without its webhook')
})

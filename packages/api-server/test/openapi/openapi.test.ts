import { builtInSchema, definitions } from '@tandem/api'
import type { ResourceDefinition } from '@tandem/apimachinery'
import protobuf from 'protobufjs'
import t from 'tap'
import { describeFromModels } from '../../src/openapi/descriptions.ts'
import { openApiV2 } from '../../src/openapi/document-v2.ts'
import { type DocumentOptions, openApiV3 } from '../../src/openapi/document-v3.ts'
import { encodeOpenApiV2 } from '../../src/openapi/gnostic.ts'
import { openApiV3Index } from '../../src/openapi/index-v3.ts'

type Json = Record<string, unknown>
const all = definitions as unknown as ResourceDefinition[]
const options: DocumentOptions = { registry: builtInSchema, describe: describeFromModels(), gitVersion: 'v1.36.0' }
const at = (document: unknown, ...path: string[]): Json =>
  path.reduce((value, key) => (value as Json)[key], document) as Json

const core = await openApiV3(
  all.filter(({ group, version }) => group === '' && version === 'v1'),
  options,
)
const schemas = at(core, 'components', 'schemas')
const propertiesOf = (type: string) => at(schemas, `io.k8s.api.core.v1.${type}`, 'properties')

t.test('a kind is found by its group, version and kind', async (t) => {
  t.same(at(schemas, 'io.k8s.api.core.v1.Pod')['x-kubernetes-group-version-kind'], [
    { group: '', kind: 'Pod', version: 'v1' },
  ])
  t.same(at(schemas, 'io.k8s.api.core.v1.PodList')['x-kubernetes-group-version-kind'], [
    { group: '', kind: 'PodList', version: 'v1' },
  ])
})

t.test('what patches and server-side apply go by is told', async (t) => {
  const { description, ...containers } = propertiesOf('PodSpec').containers as Json
  t.match(description, /^List of containers belonging to the pod\./)
  t.same(containers, {
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  })
  t.equal((propertiesOf('PodSpec').volumes as Json)['x-kubernetes-patch-strategy'], 'merge,retainKeys')
  t.same(at(schemas, 'io.k8s.api.core.v1.Container').required, ['name'])
})

t.test('special types', async (t) => {
  t.same((propertiesOf('ServicePort').targetPort as Json).allOf, [
    { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
  ])
  t.same(at(schemas, 'io.k8s.apimachinery.pkg.api.resource.Quantity').oneOf, [{ type: 'string' }, { type: 'number' }])
  t.match(propertiesOf('ServicePort').protocol, { type: 'string', default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] })
})

t.test('every reference leads somewhere', async (t) => {
  const targets = [...JSON.stringify(core).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '')
  t.same(
    targets.filter((name) => !(name in schemas)),
    [],
  )
})

t.test('operations: kubectl looks for validation, dry run and patch types', async (t) => {
  const item = at(core, 'paths', '/api/v1/namespaces/{namespace}/pods/{name}')
  t.same(Object.keys(item).sort(), ['delete', 'get', 'patch', 'put'])
  const patch = item.patch as Json
  t.same(patch['x-kubernetes-group-version-kind'], { group: '', version: 'v1', kind: 'Pod' })
  const parameters = (patch.parameters as Json[]).map(({ name }) => name)
  for (const name of ['dryRun', 'fieldManager', 'fieldValidation', 'force']) t.ok(parameters.includes(name), name)
  t.ok(Object.keys(at(patch, 'requestBody', 'content')).includes('application/strategic-merge-patch+json'))
  t.ok('/api/v1/pods' in at(core, 'paths'))
  t.ok('/api/v1/namespaces/{namespace}/pods/{name}/status' in at(core, 'paths'))
})

t.test('operation ids are unique', async (t) => {
  const ids = Object.values(at(core, 'paths')).flatMap((item) =>
    Object.values(item as Json).map((operation) => (operation as Json).operationId as string),
  )
  t.same(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
})

t.test('the index changes with what is served', async (t) => {
  const { paths } = openApiV3Index(all, 'v1.36.0')
  t.match(paths['apis/apps/v1'], { serverRelativeURL: /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/ })
  t.ok('api/v1' in paths)
  t.strictNotSame(openApiV3Index(all.slice(1), 'v1.36.0'), { paths })
  t.strictNotSame(openApiV3Index(all, 'v1.36.1'), { paths })
})

/** The parts of gnostic's message that this test reads, by number. */
const gnostic = protobuf.parse(`syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message TypeItem { repeated string value = 1; }
message ItemsItem { repeated Schema schema = 1; }
message NamedSchema { string name = 1; Schema value = 2; }
message Properties { repeated NamedSchema additional_properties = 1; }
message Schema { string ref = 1; string format = 2; string description = 4; TypeItem type = 22; ItemsItem items = 23;
  Properties properties = 25; repeated NamedAny vendor_extension = 31; }
message Operation { string operation_id = 5; repeated string consumes = 7; repeated NamedAny vendor_extension = 13; }
message PathItem { Operation get = 2; Operation patch = 8; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 2; }
message Info { string title = 1; string version = 2; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Properties definitions = 9; }`).root

t.test('version 2 says the same, as JSON and as protobuf', async (t) => {
  const services = all.filter(({ group, plural }) => group === '' && plural === 'services')
  const document = await openApiV2(services, options)
  const { description: _, ...ports } = at(document, 'definitions', 'io.k8s.api.core.v1.ServiceSpec', 'properties')
    .ports as Json
  t.match(ports, { type: 'array', items: { $ref: '#/definitions/io.k8s.api.core.v1.ServicePort' } })
  const decoded = gnostic.lookupType('Document').decode(encodeOpenApiV2(document)).toJSON() as {
    swagger: string
    info: Json
    paths: { path: { name: string; value: { patch?: Json } }[] }
    definitions: { additionalProperties: { name: string; value: Json }[] }
  }
  t.equal(decoded.swagger, '2.0')
  t.same(decoded.info, { title: 'Kubernetes', version: 'v1.36.0' })
  t.same(
    decoded.paths.path.map(({ name }) => name),
    Object.keys(document.paths as Json),
  )
  const service = decoded.paths.path.find(({ name }) => name === '/api/v1/namespaces/{namespace}/services/{name}')
  t.match(service?.value.patch, {
    operationId: 'patchCoreV1NamespacedService',
    vendorExtension: [
      { name: 'x-kubernetes-action', value: { yaml: 'patch\n' } },
      { name: 'x-kubernetes-group-version-kind' },
    ],
  })
  t.same(
    decoded.definitions.additionalProperties.map(({ name }) => name),
    Object.keys(document.definitions as Json),
  )
})

t.test('without the client library there are no texts, and no failure', async (t) => {
  t.same(await describeFromModels('/nowhere')('io.k8s.api.core.v1.Pod'), { fields: new Map() })
})

import { definitions } from '@tandem/api'
import type { ResourceDefinition } from '@tandem/apimachinery'
import protobuf from 'protobufjs'
import t from 'tap'
import { describeFromModels } from '../../src/openapi/descriptions.ts'
import { openApiV2 } from '../../src/openapi/document-v2.ts'
import { type DocumentOptions, openApiV3 } from '../../src/openapi/document-v3.ts'
import { encodeOpenApiV2 } from '../../src/openapi/gnostic-v2.ts'
import { encodeOpenApiV3 } from '../../src/openapi/gnostic-v3.ts'
import { openApiV3Index } from '../../src/openapi/index-v3.ts'
import { jsonOf } from '../../src/openapi/json-parts.ts'

type Json = Record<string, unknown>
const all = definitions as unknown as ResourceDefinition[]
const options: DocumentOptions = { describe: describeFromModels(), gitVersion: 'v1.36.0' }
const at = (document: unknown, ...path: string[]): Json =>
  path.reduce((value, key) => (value as Json)[key], document) as Json

const core = (await openApiV3('api/v1', all, options)) as Json
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
  const decoded = gnostic
    .lookupType('Document')
    .decode(await encodeOpenApiV2(document))
    .toJSON() as {
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

/** The parts of version 3's message that this test reads, by number. */
const gnosticV3 = protobuf.parse(`syntax = "proto3";
message Any { string yaml = 2; }
message NamedAny { string name = 1; Any value = 2; }
message Reference { string ref = 1; }
message SchemaOrReference { Schema schema = 1; Reference reference = 2; }
message NamedSchemaOrReference { string name = 1; SchemaOrReference value = 2; }
message Properties { repeated NamedSchemaOrReference additional_properties = 1; }
message ItemsItem { repeated SchemaOrReference schema_or_reference = 1; }
message DefaultType { double number = 1; bool boolean = 2; string string = 3; }
message Schema { repeated string required = 23; string type = 25; repeated SchemaOrReference all_of = 26;
  ItemsItem items = 30; Properties properties = 31; DefaultType default = 33; string description = 34;
  repeated NamedAny specification_extension = 36; }
message Operation { string operation_id = 5; repeated NamedAny specification_extension = 13; }
message PathItem { Operation get = 4; Operation head = 9; Operation patch = 10; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 1; }
message Components { Properties schemas = 1; }
message Info { string title = 1; string version = 6; }
message Document { string openapi = 1; Info info = 2; Paths paths = 4; Components components = 5; }`).root

t.test('version 3 in protobuf says what its JSON says', async (t) => {
  const decoded = gnosticV3
    .lookupType('Document')
    .decode(await encodeOpenApiV3(core))
    .toJSON() as {
    openapi: string
    info: Json
    paths: { path: { name: string; value: { get?: Json; head?: Json } }[] }
    components: { schemas: { additionalProperties: { name: string; value: { schema: Json } }[] } }
  }
  t.equal(decoded.openapi, '3.0.0')
  t.same(decoded.info, core.info)
  t.same(
    decoded.paths.path.map(({ name }) => name),
    Object.keys(core.paths as Json),
  )
  const proxy = decoded.paths.path.find(({ name }) => name === '/api/v1/nodes/{name}/proxy/{path}')
  t.equal(proxy?.value.head?.operationId, 'connectCoreV1HeadNodeProxyWithPath')
  t.same(
    decoded.components.schemas.additionalProperties.map(({ name }) => name),
    Object.keys(schemas),
  )
  const port = decoded.components.schemas.additionalProperties.find(({ name }) => name.endsWith('.ContainerPort'))
  t.match(port?.value.schema, {
    type: 'object',
    required: ['containerPort'],
    properties: { additionalProperties: [{ name: 'containerPort', value: { schema: { type: 'integer' } } }] },
  })
})

t.test('beside the resources: groups, versions, the old paths of watches, connections', async (t) => {
  const paths = at(core, 'paths') as Record<string, Record<string, Json>>
  t.equal(paths['/api/v1/']?.get?.operationId, 'getCoreV1APIResources')
  t.equal(paths['/api/v1/watch/pods']?.get?.operationId, 'watchCoreV1PodListForAllNamespaces')
  t.equal(paths['/api/v1/watch/nodes/{name}']?.get?.operationId, 'watchCoreV1Node')
  const exec = paths['/api/v1/namespaces/{namespace}/pods/{name}/exec']?.get
  t.match(exec, {
    operationId: 'connectCoreV1GetNamespacedPodExec',
    'x-kubernetes-action': 'connect',
    'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'PodExecOptions' },
  })
  t.ok(((exec?.parameters ?? []) as Json[]).some(({ name }) => name === 'command'))
  const group = (await openApiV3('apis/apps', all, options)) as Json
  t.same(Object.keys(group.paths as Json), ['/apis/apps/'])
  t.equal(await openApiV3('apis/none', all, options), undefined)
})

t.test('what Go has where nothing is given is a default in version 3, and none in version 2', async (t) => {
  t.same((propertiesOf('Pod').metadata as Json).default, {})
  t.equal((propertiesOf('ContainerPort').containerPort as Json).default, 0)
  t.equal('default' in (propertiesOf('Container').args as Json), false)
  const v2 = await openApiV2(
    all.filter(({ plural }) => plural === 'pods'),
    options,
  )
  t.equal(
    'default' in (at(v2, 'definitions', 'io.k8s.api.core.v1.ContainerPort', 'properties').protocol as Json),
    false,
  )
})

t.test('what may be one thing or another in a JSON schema has a type with a name', async (t) => {
  const document = (await openApiV3('apis/apiextensions.k8s.io/v1', all, options)) as Json
  const prefix = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
  const found = at(document, 'components', 'schemas')
  const { items } = at(found, `${prefix}.JSONSchemaProps`, 'properties')
  t.match(JSON.stringify(items), `"$ref":"#/components/schemas/${prefix}.JSONSchemaPropsOrArray"`)
  t.notOk('type' in (found[`${prefix}.JSONSchemaPropsOrArray`] as Json))
})

t.test('documents are told in parts that say the same', async (t) => {
  t.same(JSON.parse(await jsonOf(core)), JSON.parse(JSON.stringify(core)))
})

t.test('without the client library there are no texts, and no failure', async (t) => {
  t.same(await describeFromModels('/nowhere')('io.k8s.api.core.v1.Pod'), { fields: new Map() })
})

import t from 'tap'
import { negotiate, wantsPretty } from '../../src/request/negotiation.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const rows: [accept: string | undefined, views: boolean, mediaType: string, as: string][] = [
  [undefined, true, 'application/json', 'object'],
  ['', true, 'application/json', 'object'],
  ['*/*', true, 'application/json', 'object'],
  ['application/*', true, 'application/json', 'object'],
  ['application/json', true, 'application/json', 'object'],
  ['application/json; charset=utf-8', true, 'application/json', 'object'],
  ['application/yaml', true, 'application/yaml', 'object'],
  ['text/html, application/json;q=0.5', true, 'application/json', 'object'],
  ['application/json;q=0.1,application/yaml', true, 'application/yaml', 'object'],
  [`${table},application/json`, true, 'application/json', 'Table'],
  [`${table},application/json`, false, 'application/json', 'object'],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', true, 'application/json', 'object'],
  ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', true, 'application/json', 'PartialObjectMetadata'],
  [
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    true,
    'application/json',
    'PartialObjectMetadataList',
  ],
  [
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1beta1;g=meta.k8s.io',
    true,
    'application/vnd.kubernetes.protobuf',
    'PartialObjectMetadata',
  ],
  [`application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,${table}`, true, 'application/json', 'Table'],
  ['application/json;g=meta.k8s.io,application/yaml', true, 'application/yaml', 'object'],
  ['application/json;stream=watch', true, 'application/json', 'object'],
  ['application/json;stream=talk,application/yaml', true, 'application/yaml', 'object'],
]

t.test('what a client accepts', async (t) => {
  for (const [accept, views, mediaType, as] of rows)
    t.match(negotiate({ accept, views }), { mediaType, as }, `${accept} ${views ? 'with' : 'without'} views`)
})

t.test('what cannot be given', async (t) => {
  for (const accept of ['text/html', 'application/json;q=0', table])
    t.throws(() => negotiate({ accept, views: false }), { code: 406, reason: 'NotAcceptable' }, accept)
})

const protobuf = 'application/vnd.kubernetes.protobuf'

t.test('what a kind or a watch has no form for', async (t) => {
  const both = `${protobuf},application/json`
  t.equal(negotiate({ accept: both, views: true }).mediaType, protobuf)
  t.equal(negotiate({ accept: both, views: true, protobuf: false }).mediaType, 'application/json')
  t.throws(() => negotiate({ accept: protobuf, views: true, protobuf: false }), {
    message: 'only the following media types are accepted: application/json, application/yaml',
  })
  t.throws(() => negotiate({ accept: 'application/yaml', views: true, watch: true }), {
    message:
      'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  })
})

t.test('people get indentation', async (t) => {
  t.equal(wantsPretty(null, 'curl/8.0'), true)
  t.equal(wantsPretty('false', 'curl/8.0'), false)
  t.equal(wantsPretty(null, 'kubectl/v1.36'), false)
  t.equal(wantsPretty('true', undefined), true)
  t.equal(wantsPretty('', undefined), false)
  t.equal(wantsPretty('', 'curl/8.0'), true)
  t.equal(wantsPretty('yes', 'curl/8.0'), false, 'what Go reads as no boolean')
})

import t from 'tap'
import { requestInfo } from '../../src/request/request-info.ts'

type Row = [
  method: string,
  url: string,
  verb: string,
  group: string,
  version: string,
  namespace: string,
  resource: string,
  subresource: string,
  name: string,
  parts: string,
]

const resourceRows: Row[] = [
  ['GET', '/api/v1/namespaces', 'list', '', 'v1', '', 'namespaces', '', '', 'namespaces'],
  ['GET', '/api/v1/namespaces/other', 'get', '', 'v1', 'other', 'namespaces', '', 'other', 'namespaces/other'],
  [
    'PUT',
    '/api/v1/namespaces/other/finalize',
    'update',
    '',
    'v1',
    'other',
    'namespaces',
    'finalize',
    'other',
    'namespaces/other/finalize',
  ],
  [
    'PATCH',
    '/api/v1/namespaces/other/status',
    'patch',
    '',
    'v1',
    'other',
    'namespaces',
    'status',
    'other',
    'namespaces/other/status',
  ],
  ['GET', '/api/v1/namespaces/other/pods', 'list', '', 'v1', 'other', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/namespaces/other/pods/foo', 'get', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  ['GET', '/api/v1/pods', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['HEAD', '/api/v1/pods', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?watch=true', 'watch', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?watch=1', 'watch', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?watch=false', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?watch=0', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods/', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['POST', '/api/v1/namespaces/other/pods', 'create', '', 'v1', 'other', 'pods', '', '', 'pods'],
  ['PUT', '/api/v1/namespaces/other/pods/foo', 'update', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  ['PATCH', '/api/v1/namespaces/other/pods/foo', 'patch', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection', '', 'v1', 'other', 'pods', '', '', 'pods'],
  ['DELETE', '/api/v1/nodes', 'deletecollection', '', 'v1', '', 'nodes', '', '', 'nodes'],
  [
    'POST',
    '/api/v1/namespaces/other/pods/foo/binding',
    'create',
    '',
    'v1',
    'other',
    'pods',
    'binding',
    'foo',
    'pods/foo/binding',
  ],
  ['GET', '/api/v1/namespaces/other/pods/foo/log', 'get', '', 'v1', 'other', 'pods', 'log', 'foo', 'pods/foo/log'],
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo/proxy/a/b',
    'get',
    '',
    'v1',
    'other',
    'pods',
    'proxy',
    'foo',
    'pods/foo/proxy/a/b',
  ],
  ['GET', '/api/v1/proxy/namespaces/other/pods/foo', 'proxy', '', 'v1', 'other', 'pods', '', 'foo', 'pods/foo'],
  [
    'GET',
    '/api/v1/proxy/namespaces/other/pods/foo/sub/path',
    'proxy',
    '',
    'v1',
    'other',
    'pods',
    '',
    'foo',
    'pods/foo/sub/path',
  ],
  ['GET', '/api/v1/watch/pods', 'watch', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/watch/namespaces', 'watch', '', 'v1', '', 'namespaces', '', '', 'namespaces'],
  ['GET', '/api/v1/watch/namespaces/other/pods', 'watch', '', 'v1', 'other', 'pods', '', '', 'pods'],
  ['GET', '/apis/apps/v1/deployments', 'list', 'apps', 'v1', '', 'deployments', '', '', 'deployments'],
  [
    'GET',
    '/apis/apps/v1/namespaces/a/deployments/b/scale',
    'get',
    'apps',
    'v1',
    'a',
    'deployments',
    'scale',
    'b',
    'deployments/b/scale',
  ],
  [
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    'create',
    'authorization.k8s.io',
    'v1',
    '',
    'subjectaccessreviews',
    '',
    '',
    'subjectaccessreviews',
  ],
  ['OPTIONS', '/api/v1/pods', '', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dfoo', 'list', '', 'v1', '', 'pods', '', 'foo', 'pods'],
  [
    'GET',
    '/api/v1/pods?watch=1&fieldSelector=a%3Db,metadata.name%3D%3Dfoo',
    'watch',
    '',
    'v1',
    '',
    'pods',
    '',
    'foo',
    'pods',
  ],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%21%3Dfoo', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Da%2Fb', 'list', '', 'v1', '', 'pods', '', '', 'pods'],
]

t.test('resource requests', async (t) => {
  for (const [method, url, verb, group, version, namespace, resource, subresource, name, parts] of resourceRows) {
    const [path = '', query = ''] = url.split('?')
    const info = requestInfo(method, path, query)
    t.match(
      { ...info, parts: info.parts.join('/') },
      {
        isResourceRequest: true,
        verb,
        apiGroup: group,
        apiVersion: version,
        namespace,
        resource,
        subresource,
        name,
        parts,
      },
      `${method} ${url}`,
    )
  }
})

t.test('other requests', async (t) => {
  for (const [method, path, verb] of [
    ['GET', '/', 'get'],
    ['GET', '/api', 'get'],
    ['GET', '/api/v1', 'get'],
    ['GET', '/apis', 'get'],
    ['GET', '/apis/apps', 'get'],
    ['GET', '/apis/apps/v1', 'get'],
    ['GET', '/healthz', 'get'],
    ['POST', '/version', 'post'],
    ['GET', '/other/api/v1/pods', 'get'],
  ] as const)
    t.match(requestInfo(method, path, ''), { isResourceRequest: false, verb, path, resource: '' }, `${method} ${path}`)
})

t.test('selectors are kept for authorization of lists, watches and deletecollection', async (t) => {
  const info = requestInfo('GET', '/api/v1/pods', 'labelSelector=a%3Db&fieldSelector=spec.nodeName%3Dn')
  t.match(info, { labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n' })
  t.equal(requestInfo('GET', '/api/v1/watch/pods', 'labelSelector=a%3Db').labelSelector, undefined)
})

t.test('the one name that a field selector demands', async (t) => {
  for (const [what, selector, name] of [
    ['a name', 'metadata.name=a', 'a'],
    ['a name that another term follows', 'metadata.name=a,metadata.namespace=b', 'a'],
    ['a name in the value of another term', 'metadata.name!=x\\,metadata.name=a', ''],
    ['what cannot be read', 'metadata.name=a,nonsense', ''],
  ] as const)
    t.equal(requestInfo('GET', '/api/v1/secrets', `fieldSelector=${encodeURIComponent(selector)}`).name, name, what)
})

t.test('a watch of nothing', async (t) => {
  t.throws(() => requestInfo('GET', '/api/v1/watch', ''), { code: 'REQUEST_INFO' })
})

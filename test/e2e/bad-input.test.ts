import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { load } from 'js-yaml'
import t from 'tap'
import { clusterRoot, kubectlFor } from './kubectl.ts'

interface Answer {
  code: number
  body: {
    kind?: string
    reason?: string
    message?: string
    details?: { causes?: { field: string; message: string }[] }
  }
  warnings: string[]
}

const { clusters, users } = load(readFileSync(join(clusterRoot(), 'staging', 'admin.conf'), 'utf8')) as {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[]
}
const decoded = (text = '') => Buffer.from(text, 'base64')
const credentials = {
  ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
  cert: decoded(users[0]?.user['client-certificate-data']),
  key: decoded(users[0]?.user['client-key-data']),
}

function send(
  method: string,
  path: string,
  { body = '', type = 'application/json' }: { body?: string; type?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${clusters[0]?.cluster.server}${path}`,
      { ...credentials, method, headers: { 'content-type': type } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            body: text.startsWith('{') ? JSON.parse(text) : { message: text },
            warnings: [response.headers.warning ?? []].flat(),
          }),
        )
      },
    )
    // A server that refuses a body may close while we still write it; its answer counts.
    call.once('error', (error) => setTimeout(() => reject(error), 500))
    call.end(body)
  })
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (extra: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bad-input' }, ...extra })
const pod = (spec: object) => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad-input' }, spec })

interface Row {
  name: string
  call: [method: string, path: string, options?: { body?: string; type?: string }]
  code: number
  reason?: string
  message?: RegExp
  warning?: RegExp
  /** Paths below no group that is served are not the API's: the answer is no Status. */
  plainText?: true
}

const rows: Row[] = [
  { name: 'malformed JSON', call: ['POST', configMaps, { body: '{"kind":' }], code: 400, reason: 'BadRequest' },
  {
    name: 'malformed YAML',
    call: ['POST', configMaps, { body: 'a: [', type: 'application/yaml' }],
    code: 400,
    reason: 'BadRequest',
  },
  { name: 'an empty body', call: ['POST', configMaps], code: 400, reason: 'BadRequest' },
  {
    name: 'an unknown field, strictly',
    call: ['POST', `${configMaps}?fieldValidation=Strict`, { body: configMap({ dta: {} }) }],
    code: 400,
    reason: 'BadRequest',
    message: /strict decoding error: unknown field "dta"/,
  },
  {
    name: 'an unknown field, with a warning',
    call: ['POST', `${configMaps}?dryRun=All`, { body: configMap({ dta: {} }) }],
    code: 201,
    warning: /299 - "unknown field \\"dta\\""/,
  },
  {
    name: 'an unknown field, ignored',
    call: ['POST', `${configMaps}?dryRun=All&fieldValidation=Ignore`, { body: configMap({ dta: {} }) }],
    code: 201,
  },
  {
    name: 'a duplicate field, strictly',
    call: ['POST', `${configMaps}?fieldValidation=Strict`, { body: configMap().replace('{', '{"kind":"ConfigMap",') }],
    code: 400,
    message: /duplicate field "kind"/,
  },
  {
    name: 'a wrong type',
    call: ['POST', configMaps, { body: configMap({ data: { a: 1 } }) }],
    code: 400,
    reason: 'BadRequest',
    message: /cannot unmarshal number into Go struct field ConfigMap\.data of type string/,
  },
  {
    name: 'a bad name',
    call: ['POST', configMaps, { body: configMap({ metadata: { name: 'Bad_Name' } }) }],
    code: 422,
    reason: 'Invalid',
    message:
      /ConfigMap "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of/,
  },
  {
    name: 'no name',
    call: ['POST', configMaps, { body: configMap({ metadata: {} }) }],
    code: 422,
    reason: 'Invalid',
    message: /metadata\.name: Required value: name or generateName is required/,
  },
  {
    name: 'a kind that is not the path’s',
    call: ['POST', configMaps, { body: configMap({ kind: 'Secret' }) }],
    code: 400,
    reason: 'BadRequest',
    message: /Secret/,
  },
  {
    name: 'another namespace than the path’s',
    call: ['POST', configMaps, { body: configMap({ metadata: { name: 'x', namespace: 'other' } }) }],
    code: 400,
    reason: 'BadRequest',
    message: /the namespace of the provided object does not match the namespace sent on the request/,
  },
  {
    name: 'an unknown kind',
    call: ['GET', '/api/v1/namespaces/default/gizmos'],
    code: 404,
    reason: 'NotFound',
    message: /the server could not find the requested resource/,
  },
  { name: 'an unknown group', call: ['GET', '/apis/nothing.example/v1/things'], code: 404, plainText: true },
  {
    name: 'an object that is not there',
    call: ['GET', `${configMaps}/none`],
    code: 404,
    reason: 'NotFound',
    message: /^configmaps "none" not found$/,
  },
  {
    name: 'a verb the resource does not have',
    call: ['PUT', configMaps, { body: configMap() }],
    code: 405,
    reason: 'MethodNotAllowed',
  },
  {
    name: 'a media type it does not read',
    call: ['POST', configMaps, { body: 'x', type: 'text/plain' }],
    code: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    name: 'a patch type it does not know',
    call: ['PATCH', `${configMaps}/none`, { body: '{}', type: 'application/json' }],
    code: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    name: 'a body over the limit',
    call: ['POST', configMaps, { body: configMap({ data: { a: 'x'.repeat(4 << 20) } }) }],
    code: 413,
    reason: 'RequestEntityTooLarge',
  },
  {
    name: 'a bad label selector',
    call: ['GET', `${configMaps}?labelSelector=a in (`],
    code: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a field selector the kind does not have',
    call: ['GET', `${configMaps}?fieldSelector=spec.x=1`],
    code: 400,
    reason: 'BadRequest',
    message: /"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"/,
  },
  {
    name: 'a continue token that is none',
    call: ['GET', `${configMaps}?limit=1&continue=xyz`],
    code: 400,
    reason: 'BadRequest',
    message: /continue key is not valid/,
  },
  {
    name: 'a pod without containers',
    call: ['POST', '/api/v1/namespaces/default/pods', { body: pod({}) }],
    code: 422,
    reason: 'Invalid',
    message: /spec\.containers: Required value/,
  },
  {
    name: 'a pod with several faults, all of them told',
    call: [
      'POST',
      '/api/v1/namespaces/default/pods',
      { body: pod({ restartPolicy: 'Sometimes', containers: [{ name: 'A', image: '' }] }) },
    ],
    code: 422,
    message: /\[.*spec\.restartPolicy.*\]|\[.*spec\.containers\[0\]\.name.*\]/,
  },
  {
    name: 'a namespace that is not there',
    call: ['POST', '/api/v1/namespaces/nowhere/configmaps', { body: configMap() }],
    code: 404,
    message: /namespaces "nowhere" not found/,
  },
]

for (const { name, call, code, reason, message, warning, plainText } of rows) {
  t.test(`${name}: ${code}`, async (t) => {
    const [method, path, options] = call
    const answer = await send(method, encodeURI(path), options)
    t.equal(answer.code, code, JSON.stringify(answer.body))
    if (code >= 400 && !plainText) t.equal(answer.body.kind, 'Status')
    if (reason) t.equal(answer.body.reason, reason)
    if (message) t.match(answer.body.message, message)
    if (warning) t.match(answer.warnings.join(), warning)
  })
}

t.test('a stale resourceVersion: 409, and the object stays as it was', async (t) => {
  const kubectl = kubectlFor({ cluster: 'staging' })
  await kubectl('create', 'configmap', 'stale', '--from-literal=a=1')
  t.teardown(() => kubectl('delete', 'configmap', 'stale'))
  const old = await kubectl('get', 'configmap', 'stale', '-o', 'json')
  await kubectl('patch', 'configmap', 'stale', '--type=merge', '-p', '{"data":{"a":"2"}}')
  const answer = await send('PUT', `${configMaps}/stale`, { body: old })
  t.match(answer, { code: 409, body: { reason: 'Conflict' } })
  t.match(
    answer.body.message,
    /Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again/,
  )
  t.equal(await kubectl('get', 'configmap', 'stale', '-o', 'jsonpath={.data.a}'), '2')
})

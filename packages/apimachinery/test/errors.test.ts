import t from 'tap'
import {
  alreadyExists,
  applyConflict,
  badRequest,
  conflict,
  expired,
  failure,
  forbidden,
  genericNotFound,
  insufficientStorage,
  internalError,
  invalid,
  invalidValue,
  isConflict,
  isExpired,
  isNotFound,
  methodNotSupported,
  notFound,
  requestEntityTooLarge,
  required,
  type StatusError,
  serverTimeout,
  success,
  timeout,
  tooManyRequests,
  unauthorized,
} from '../src/index.ts'

const pods = { group: '', resource: 'pods' }
const deployments = { group: 'apps', resource: 'deployments' }

const rows: [string, StatusError, number, string, string, object | undefined][] = [
  ['not found', notFound(pods, 'x'), 404, 'NotFound', 'pods "x" not found', { name: 'x', kind: 'pods' }],
  [
    'not found in a group',
    notFound(deployments, 'x'),
    404,
    'NotFound',
    'deployments.apps "x" not found',
    { name: 'x', group: 'apps', kind: 'deployments' },
  ],
  ['no room in the store', insufficientStorage(), 507, '', 'etcdserver: mvcc: database space exceeded', undefined],
  ['no such path', genericNotFound(), 404, 'NotFound', 'the server could not find the requested resource', {}],
  [
    'already exists',
    alreadyExists(pods, 'x'),
    409,
    'AlreadyExists',
    'pods "x" already exists',
    { name: 'x', kind: 'pods' },
  ],
  [
    'conflict',
    conflict(pods, 'x'),
    409,
    'Conflict',
    'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
    { name: 'x', kind: 'pods' },
  ],
  ['forbidden', forbidden(pods, 'x', 'no'), 403, 'Forbidden', 'pods "x" is forbidden: no', { name: 'x', kind: 'pods' }],
  [
    'forbidden collection',
    forbidden(deployments, '', 'no'),
    403,
    'Forbidden',
    'deployments.apps is forbidden: no',
    { group: 'apps', kind: 'deployments' },
  ],
  ['forbidden path', forbidden({ group: '', resource: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no', {}],
  ['unauthorized', unauthorized(), 401, 'Unauthorized', 'Unauthorized', undefined],
  ['expired', expired('too old resource version: 1 (5)'), 410, 'Expired', 'too old resource version: 1 (5)', undefined],
  ['bad request', badRequest('no'), 400, 'BadRequest', 'no', undefined],
  [
    'too many requests',
    tooManyRequests(),
    429,
    'TooManyRequests',
    'Too many requests, please try again later.',
    { retryAfterSeconds: 1 },
  ],
  [
    'method not supported',
    methodNotSupported(deployments, 'patch'),
    405,
    'MethodNotAllowed',
    'patch is not supported on resources of kind "deployments.apps"',
    { group: 'apps', kind: 'deployments' },
  ],
  [
    'server timeout',
    serverTimeout(pods, 'list', 2),
    500,
    'ServerTimeout',
    'The list operation against pods could not be completed at this time, please try again.',
    { name: 'list', kind: 'pods', retryAfterSeconds: 2 },
  ],
  ['timeout', timeout('late'), 504, 'Timeout', 'Timeout: late', {}],
  [
    'internal',
    internalError(new Error('boom')),
    500,
    'InternalError',
    'Internal error occurred: boom',
    { causes: [{ message: 'boom' }] },
  ],
  [
    'too large',
    requestEntityTooLarge('limit is 3145728'),
    413,
    'RequestEntityTooLarge',
    'Request entity too large: limit is 3145728',
    undefined,
  ],
  [
    'one field',
    invalid({ group: '', kind: 'Pod' }, 'x', [required('spec.containers')]),
    422,
    'Invalid',
    'Pod "x" is invalid: spec.containers: Required value',
    {
      name: 'x',
      kind: 'Pod',
      causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers' }],
    },
  ],
  [
    'two fields, one of them twice',
    invalid({ group: 'apps', kind: 'Deployment' }, 'x', [required('a'), required('a'), invalidValue('b', -1, 'bad')]),
    422,
    'Invalid',
    'Deployment.apps "x" is invalid: [a: Required value, b: Invalid value: -1: bad]',
    {
      name: 'x',
      group: 'apps',
      kind: 'Deployment',
      causes: [
        { reason: 'FieldValueRequired', message: 'Required value', field: 'a' },
        { reason: 'FieldValueRequired', message: 'Required value', field: 'a' },
        { reason: 'FieldValueInvalid', message: 'Invalid value: -1: bad', field: 'b' },
      ],
    },
  ],
]

for (const [name, error, code, reason, message, details] of rows) {
  t.test(name, async (t) => {
    t.equal(error.message, message)
    t.equal(error.code, code)
    t.equal(error.reason, reason)
    t.same(error.status, failure({ code, reason: error.reason, message, ...(details && { details }) }))
    t.same(error.status.details, details)
  })
}

t.test('predicates', async (t) => {
  t.ok(isNotFound(notFound(pods, 'x')))
  t.notOk(isNotFound(conflict(pods, 'x')))
  t.notOk(isNotFound(new Error('not found')))
  t.ok(isConflict(applyConflict('m', [])))
  t.ok(isExpired(expired('old')))
})

t.test('a status serializes in upstream order', async (t) => {
  t.equal(
    JSON.stringify(success({ name: 'x', kind: 'pods', uid: 'u' })),
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"x","kind":"pods","uid":"u"},"code":200}',
  )
  t.equal(
    JSON.stringify(notFound(pods, 'x').status),
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \\"x\\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}',
  )
})

import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import t from 'tap'
import { translate, wasNeverSent } from '../../src/etcd/failures.ts'

const failure = (code: status, details: string): ServiceError =>
  Object.assign(new Error(details), { code, details, metadata: new Metadata() })

const refused = 'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:2379. Resolution note: '
const rows: [what: string, code: status, details: string, storage: string, message: string][] = [
  [
    'nobody listens',
    status.UNAVAILABLE,
    refused,
    'STORAGE_UNAVAILABLE',
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
  ],
  [
    'the connection broke',
    status.UNAVAILABLE,
    'Connection dropped',
    'STORAGE_UNAVAILABLE',
    'rpc error: code = Unavailable desc = error reading from server: EOF',
  ],
  [
    'there is no leader',
    status.UNAVAILABLE,
    'etcdserver: request timed out',
    'STORAGE_UNAVAILABLE',
    'etcdserver: request timed out',
  ],
  [
    'no answer in time',
    status.DEADLINE_EXCEEDED,
    'Deadline exceeded',
    'STORAGE_UNAVAILABLE',
    'context deadline exceeded',
  ],
  [
    'no space',
    status.RESOURCE_EXHAUSTED,
    'etcdserver: mvcc: database space exceeded',
    'STORAGE_NO_SPACE',
    'etcdserver: mvcc: database space exceeded',
  ],
  [
    'too large',
    status.INVALID_ARGUMENT,
    'etcdserver: request is too large',
    'STORAGE_REFUSED',
    'etcdserver: request is too large',
  ],
]
for (const [what, code, details, storage, message] of rows)
  t.test(what, async (t) => {
    t.match(translate(failure(code, details)), { code: storage, message })
  })

t.test('what never left may be tried elsewhere', async (t) => {
  t.ok(wasNeverSent(failure(status.UNAVAILABLE, refused)))
  t.notOk(wasNeverSent(failure(status.UNAVAILABLE, 'Connection dropped')))
  t.notOk(wasNeverSent(failure(status.UNAVAILABLE, 'etcdserver: request timed out')))
})

t.test('other errors stay what they are', async (t) => {
  const error = new TypeError('x')
  t.equal(translate(error), error)
})

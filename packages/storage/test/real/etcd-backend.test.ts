import t from 'tap'
import type { Backend } from '../../src/backend.ts'
import { EtcdBackend } from '../../src/etcd/etcd-backend.ts'
import { openEtcdStore, writeOffset } from '../../src/etcd/etcd-store.ts'
import { backendSuite } from '../../src/testing/backend-suite.ts'
import { startEtcd } from '../../src/testing/etcd-server.ts'
import { linearizabilitySuite } from '../../src/testing/linearizability-suite.ts'

t.setTimeout(120_000)
const server = await startEtcd()
t.teardown(() => server.remove())
const servers = [server.url]

const prefixes = new Map<Backend, string>()
let count = 0

async function openUnder(prefix: string): Promise<Backend> {
  const backend = await openEtcdStore({ servers, prefix })
  prefixes.set(backend, prefix)
  return backend
}

async function reopen(backend: Backend): Promise<Backend> {
  await backend.close()
  const again = await openUnder(prefixes.get(backend) ?? '')
  t.teardown(() => again.close())
  return again
}

t.test('etcd', (t) => backendSuite(t, { open: () => openUnder(`/suite-${count++}`), reopen }))

t.test('etcd with revisions that go on from those of another store', (t) =>
  backendSuite(t, {
    async open() {
      const prefix = `/shifted-${count++}`
      await writeOffset({ servers, prefix }, 1_000_000)
      return openUnder(prefix)
    },
    reopen,
  }),
)

t.test('clients of several servers', (t) =>
  linearizabilitySuite(
    t,
    {
      prefix: '/p/',
      async open(t) {
        const prefix = `/linear-${count++}`
        const subjects = await Promise.all([1, 2, 3].map(() => EtcdBackend.open({ servers, prefix })))
        t.teardown(() => Promise.all(subjects.map((subject) => subject.close())))
        return subjects
      },
    },
    { seeds: [1, 2], operations: 600 },
  ),
)

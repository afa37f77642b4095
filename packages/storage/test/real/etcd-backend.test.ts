import t from 'tap'
import type { Backend } from '../../src/backend.ts'
import { EtcdBackend } from '../../src/etcd/etcd-backend.ts'
import { backendSuite } from '../../src/testing/backend-suite.ts'
import { startEtcd } from '../../src/testing/etcd-server.ts'

const server = await startEtcd()
t.teardown(() => server.remove())

const prefixes = new Map<Backend, string>()
let count = 0

async function openUnder(prefix: string): Promise<EtcdBackend> {
  const backend = await EtcdBackend.open({ servers: [server.url], prefix })
  prefixes.set(backend, prefix)
  return backend
}

backendSuite(t, {
  open: () => openUnder(`/suite-${count++}`),
  async reopen(backend) {
    await backend.close()
    const again = await openUnder(prefixes.get(backend) ?? '')
    t.teardown(() => again.close())
    return again
  },
})

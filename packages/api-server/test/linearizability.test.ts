import { linearizabilitySuite } from '@tandem/storage/testing/linearizability-suite'
import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'
import { subjectOf } from './config-map-subject.ts'
import { requestsOf } from './request-client.ts'

linearizabilitySuite(
  t,
  {
    prefix: 'key-',
    async open(t) {
      const server = await startTestServer()
      const clients = await Promise.all([requestsOf(server), requestsOf(server)])
      t.teardown(async () => {
        for (const { close } of clients) await close()
        await server.stop()
      })
      return clients.map(({ ask }) => subjectOf(ask))
    },
  },
  { seeds: [1], operations: 800 },
)

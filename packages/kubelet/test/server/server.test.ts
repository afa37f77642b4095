import t from 'tap'
import { nodeAccess } from '../../src/server/authentication.ts'
import { logQuery } from '../../src/server/container-logs.ts'

const accesses = [
  ['GET', '/containerLogs/default/web/main', 'get', 'proxy'],
  ['POST', '/exec/default/web/main', 'create', 'proxy'],
  ['GET', '/exec/default/web/main', 'get', 'proxy'],
  ['GET', '/metrics', 'get', 'metrics'],
  ['GET', '/metrics/cadvisor', 'get', 'metrics'],
  ['GET', '/metricsx', 'get', 'proxy'],
  ['GET', '/stats/summary', 'get', 'stats'],
  ['GET', '/pods', 'get', 'pods'],
  ['GET', '/healthz', 'get', 'healthz'],
] as const
for (const [method, path, verb, subresource] of accesses) {
  t.test(`${method} ${path} is ${verb} of nodes/${subresource}`, async (t) => {
    t.same(nodeAccess({ method, path, nodeName: 'n1' }), {
      resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: 'n1' },
    })
  })
}

const now = Date.parse('2026-01-01T00:01:00Z')
const queries: { query: string; expected?: object; error?: string }[] = [
  { query: '', expected: { follow: false, previous: false, timestamps: false } },
  { query: 'follow=true&timestamps=1&previous=false', expected: { follow: true, previous: false, timestamps: true } },
  { query: 'sinceSeconds=10', expected: { since: now - 10_000 } },
  { query: 'sinceTime=2026-01-01T00:00:00Z', expected: { since: now - 60_000 } },
  { query: 'tailLines=0&limitBytes=5', expected: { tailLines: 0, limitBytes: 5 } },
  { query: 'tailLines=-1', error: 'tailLines: Invalid value: -1: must be greater than or equal to 0' },
  {
    query: 'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
    error: 'at most one of `sinceTime` or `sinceSeconds` may be specified',
  },
]
for (const { query, expected, error } of queries) {
  t.test(`logs?${query}`, async (t) => {
    const read = () => logQuery(new URLSearchParams(query), now)
    if (error) t.throws(read, { message: error, status: 422 })
    else t.match(read(), expected ?? {})
  })
}

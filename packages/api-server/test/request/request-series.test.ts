import t from 'tap'
import { RequestContext } from '../../src/request/context.ts'
import { RequestSeries } from '../../src/request/request-series.ts'

const asked = (method: string, url: string) => new RequestContext({ method, url, upgrade: undefined, now: 0 })
const pod = '/api/v1/namespaces/a/pods/x'
const podLabels = {
  ...{ verb: 'GET', dry_run: '', group: '', version: 'v1', resource: 'pods', subresource: '', scope: 'resource' },
  component: 'apiserver',
}

t.test('requests are counted by what they ask and how they are answered', async (t) => {
  const series = new RequestSeries()
  for (const code of [200, 200, 404]) series.observe(asked('GET', pod), code, 0.01)
  series.observe(asked('GET', '/apis/apps/v1/deployments'), 200, 0.01)
  series.observe(asked('POST', '/api/v1/namespaces/a/pods?dryRun=All'), 201, 0.01)
  series.observe(asked('GET', '/healthz'), 200, 0.01)
  t.strictSame(
    series.totals().filter(({ labels }) => labels.resource === 'pods' && labels.verb === 'GET'),
    [
      { labels: { ...podLabels, code: '200' }, value: 2 },
      { labels: { ...podLabels, code: '404' }, value: 1 },
    ],
  )
  t.match(
    series.totals().map(({ labels }) => [labels.verb, labels.group, labels.scope, labels.dry_run].join(' ')),
    ['GET  resource ', 'GET  resource ', 'LIST apps cluster ', 'POST  namespace All', 'GET   '],
  )
})

t.test('how long they took, but for those that are long by nature', async (t) => {
  const series = new RequestSeries()
  for (const seconds of [0.001, 0.03, 100]) series.observe(asked('GET', pod), 200, seconds)
  series.observe(asked('GET', '/api/v1/pods?watch=true'), 200, 300)
  const samples = series.durations('took')
  const bucket = (le: string) => samples.find(({ labels }) => labels.le === le)
  t.same(bucket('0.005'), { metricName: 'took_bucket', labels: { ...podLabels, le: '0.005' }, value: 1 })
  t.equal(bucket('0.05')?.value, 2)
  t.equal(bucket('60')?.value, 2)
  t.equal(bucket('+Inf')?.value, 3)
  t.same(samples.at(-1), { metricName: 'took_count', labels: podLabels, value: 3 })
  t.notOk(samples.some(({ labels }) => labels.verb === 'WATCH'))
})

t.test('paths that somebody makes up do not fill memory, and are counted', async (t) => {
  const series = new RequestSeries()
  series.observe(asked('GET', pod), 200, 0.01)
  for (let i = 0; i < 12_000; i++) series.observe(asked('GET', `/api/v1/r${i}`), 404, 0.01)
  series.observe(asked('GET', pod), 200, 0.01)
  const totals = series.totals()
  t.equal(totals.length, 10_000)
  t.equal(
    totals.reduce((sum, { value }) => sum + value, 0),
    12_002,
  )
  t.equal(totals.find(({ labels }) => labels.resource === 'pods')?.value, 2)
})

t.test('nor do long ones', async (t) => {
  const series = new RequestSeries()
  series.observe(asked('GET', `/api/v1/${'r'.repeat(5000)}`), 404, 0.01)
  t.match(series.totals(), [{ labels: { verb: '', resource: '', code: '404' }, value: 1 }])
})

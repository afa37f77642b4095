import { request } from 'node:https'
import t from 'tap'
import { serveHealth } from '../../src/health/server.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

t.test('health and metrics over plain HTTP', async (t) => {
  let synced = false
  const metrics = createMetrics({ process: false })
  metrics.counter({ name: 'things_total', help: 'Things.', labels: ['kind'] }).inc({ kind: 'a' })
  const server = await serveHealth({
    port: 0,
    metrics,
    ready: [
      {
        name: 'informer-sync',
        check: () => {
          if (!synced) throw new Error('not yet')
        },
      },
    ],
  })
  t.teardown(() => server.close())
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
    return [response.status, await response.text()]
  }
  t.same(await get('/healthz'), [200, 'ok'])
  t.same(await get('/livez?verbose'), [200, '[+]ping ok\nlivez check passed\n'])
  t.same(await get('/readyz'), [500, '[+]ping ok\n[-]informer-sync failed: reason withheld\nreadyz check failed\n'])
  t.same(await get('/readyz?exclude=informer-sync'), [200, 'ok'])
  synced = true
  t.same(await get('/readyz/informer-sync'), [200, 'ok'])
  t.equal((await get('/readyz/nonsense'))[0], 404)
  t.equal((await get('/elsewhere'))[0], 404)
  const [code, text] = await get('/metrics')
  t.equal(code, 200)
  t.match(text, 'things_total{kind="a"} 1')
  t.match(text, /kubernetes_build_info\{major="1",minor="36"/)
  const slis = String((await get('/metrics/slis'))[1])
  t.match(slis, 'kubernetes_healthcheck{name="informer-sync",type="readyz"} 1\n')
  t.match(slis, 'kubernetes_healthchecks_total{name="informer-sync",status="error",type="readyz"} 1\n')
  t.match(slis, 'kubernetes_healthchecks_total{name="ping",status="success",type="livez"} 1\n')
  t.notMatch(slis, 'kubernetes_build_info')
})

t.test('over HTTPS metrics are for those who may, health is for everyone', async (t) => {
  const server = await serveHealth({
    port: 0,
    tls: 'self-signed',
    metrics: createMetrics({ process: false }),
    authorize: async ({ headers }) => headers.authorization === 'Bearer good',
  })
  t.teardown(() => server.close())
  const get = (path: string, headers = {}) =>
    new Promise((resolve, reject) => {
      request({ port: server.port, path, headers, rejectUnauthorized: false, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
  t.equal(await get('/healthz'), 200)
  t.equal(await get('/metrics'), 403)
  t.equal(await get('/metrics', { authorization: 'Bearer good' }), 200)
})

import { configMaps } from '@tandem/api/core/v1/configmap'
import { expired, forbidden } from '@tandem/apimachinery'
import t from 'tap'
import { FakeClient } from '../src/testing/fake-client.ts'
import { waitFor } from '../src/wait-for.ts'

const key = { namespace: 'ns', name: 'a' }
const configMap = (data: Record<string, string>) => ({ metadata: key, data })
const soon = { timeoutMs: 10_000 }

t.test('what is there already is not waited for', async (t) => {
  const client = new FakeClient()
  await client.create(configMaps, configMap({ ready: 'yes' }))
  t.match(await waitFor(client, configMaps, key, (object) => object?.data?.ready === 'yes', soon), configMap({}))
  t.equal(await waitFor(client, configMaps, { ...key, name: 'none' }, (object) => !object, soon), undefined)
})

t.test('a history that is gone is no reason to give up', async (t) => {
  const client = new FakeClient()
  const watch = client.watch.bind(client)
  let watches = 0
  client.watch = ((...args: Parameters<typeof watch>) => {
    watches++
    if (watches === 1) throw expired('too old resource version: 1 (5)')
    void client.create(configMaps, configMap({ ready: 'yes' }))
    return watch(...args)
  }) as typeof client.watch
  const seen = await waitFor(client, configMaps, key, (object) => object?.data?.ready === 'yes', soon)
  t.match(seen, configMap({ ready: 'yes' }))
  t.equal(watches, 2)
})

t.test('other failures end the wait, and so does its time', async (t) => {
  const client = new FakeClient()
  // The wait's own timer keeps no process alive; this one does.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await t.rejects(
    waitFor(client, configMaps, key, () => false, { timeoutMs: 20 }),
    { message: 'timed out waiting for ConfigMap a' },
  )
  client.watch = () => {
    throw forbidden({ group: '', resource: 'configmaps' }, '', 'no')
  }
  await t.rejects(
    waitFor(client, configMaps, key, () => false, soon),
    { message: /forbidden: no/ },
  )
})

import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness()
t.teardown(() => harness.stop())

t.test('a pod runs, is ready, and is gone when it is deleted', async (t) => {
  const startedAt = performance.now()
  await harness.createPod('simple', {})
  const pod = await harness.waitFor('simple', isReady)
  t.comment(`ready after ${Math.round(performance.now() - startedAt)} ms`)
  t.equal(pod.status?.phase, 'Running')
  t.match(pod.status?.podIP, /^10\.222\./)
  const [status] = pod.status?.containerStatuses ?? []
  t.match(status, { ready: true, started: true, restartCount: 0, image: harness.image })
  t.match(status?.containerID, /^docker:\/\/[0-9a-f]{64}$/)
  await harness.client.delete(pods, { namespace: 'default', name: 'simple' })
  await harness.waitForGone('simple')
  t.same(await harness.containers(), [])
})

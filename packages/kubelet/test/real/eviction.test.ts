import { nodes } from '@tandem/api/core/v1/node'
import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { parseThresholds } from '../../src/eviction/thresholds.ts'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness({
  // The node's memory is what its own cgroup may have, not the machine's.
  capacity: { memory: '320Mi' },
  eviction: {
    thresholds: parseThresholds({
      evictionHard: { 'memory.available': '100Mi' },
      evictionSoft: {},
      evictionSoftGracePeriod: {},
      evictionMinimumReclaim: {},
    }),
    pressureTransitionPeriod: 1000,
    maxPodGracePeriodSeconds: 0,
    monitoringInterval: 250,
  },
})
t.teardown(() => harness.stop())

const wait = 20_000
const isFailed = ({ status }: Pod): boolean => status?.phase === 'Failed'
const writes = (megabytes: number, path: string, more: object = {}) => ({
  name: 'main',
  image: harness.image,
  command: [
    'sh',
    '-c',
    `busybox dd if=/dev/zero of=${path}/f bs=1M count=${megabytes}; trap exit TERM; while :; do sleep 1 & wait; done`,
  ],
  ...more,
})

t.test('a pod that outgrows its own limits on storage is evicted', async (t) => {
  const mounted = { volumeMounts: [{ name: 'v', mountPath: '/v' }] }
  await harness.createPod('small', {
    volumes: [{ name: 'v', emptyDir: { sizeLimit: '8Mi' } }],
    containers: [writes(2, '/v', mounted)],
  })
  await harness.createPod('volume', {
    volumes: [{ name: 'v', emptyDir: { sizeLimit: '2Mi' } }],
    containers: [writes(8, '/v', mounted)],
  })
  await harness.createPod('layer', {
    containers: [
      writes(8, '/tmp', { resources: { limits: { 'ephemeral-storage': '2Mi' } } }),
      { ...writes(0, '/tmp', { resources: { limits: { 'ephemeral-storage': '40Mi' } } }), name: 'other' },
    ],
  })
  const [volume, layer] = await Promise.all(['volume', 'layer'].map((name) => harness.waitFor(name, isFailed, wait)))
  t.match(volume?.status, { reason: 'Evicted', message: 'Usage of EmptyDir volume "v" exceeds the limit "2Mi". ' })
  t.match(layer?.status, {
    reason: 'Evicted',
    message: 'Container main exceeded its local ephemeral storage limit "2Mi". ',
  })
  t.ok(isReady(await harness.pod('small')))
  t.match(await harness.eventsOf('volume'), { 0: {} })
  t.ok((await harness.eventsOf('volume')).some(({ reason, type }) => reason === 'Evicted' && type === 'Warning'))
})

t.test('a node that runs out of its memory evicts who took more than asked for', async (t) => {
  const memory = (requests: string) => ({ resources: { requests: { memory: requests } } })
  await harness.createPod('modest', { containers: [writes(0, '/tmp', memory('32Mi'))] })
  await harness.waitFor('modest', isReady)
  await harness.createPod('greedy', {
    volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
    containers: [writes(250, '/v', { ...memory('16Mi'), volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
  })
  const greedy = await harness.waitFor('greedy', isFailed, wait)
  t.match(greedy.status, {
    reason: 'Evicted',
    message:
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: .*Container main was using .*, request is 16Mi, has larger consumption of memory\. $/,
  })
  t.match(
    greedy.status?.conditions?.find(({ type }) => type === 'DisruptionTarget'),
    { status: 'True', reason: 'TerminationByKubelet' },
  )
  t.ok(isReady(await harness.pod('modest')))
  const pressure = async () =>
    (await harness.client.get(nodes, { name: harness.nodeName })).status?.conditions?.find(
      ({ type }) => type === 'MemoryPressure',
    )
  const deadline = Date.now() + wait
  while (Date.now() < deadline && (await pressure())?.status !== 'False')
    await new Promise((resolve) => setTimeout(resolve, 100))
  t.match(await pressure(), { status: 'False', reason: 'KubeletHasSufficientMemory' }, 'what was taken was given back')
})

import type { Secret } from '@tandem/api/core/v1/types'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { ContainerRuntime, ImageStatus } from '../../src/container-runtime/runtime.ts'
import { ImageManager } from '../../src/images/image-manager.ts'
import { credentialsFor } from '../../src/images/pull-secrets.ts'
import { PodEvents } from '../../src/lifecycle/pod-events.ts'
import { container, podOf } from '../fixtures.ts'

const image: ImageStatus = { id: 'sha256:1', reference: 'sha256:1', names: [], sizeBytes: 5 }

function setUp({ present = false, pull }: { present?: boolean; pull?: () => Promise<ImageStatus> } = {}) {
  const clock = new FakeClock()
  const events: string[] = []
  const recorder = {
    record: ({ reason, message }: { reason: string; message: string }) => void events.push(`${reason}: ${message}`),
    flush: async () => {},
  }
  let pulls = 0
  const runtime = {
    imageStatus: async () => (present ? image : undefined),
    pullImage: () => {
      pulls++
      return pull ? pull() : Promise.resolve(image)
    },
  } as unknown as ContainerRuntime
  const manager = new ImageManager({
    runtime,
    events: new PodEvents(recorder),
    clock,
    secret: async () => undefined,
    parallelPulls: 1,
  })
  return { manager, events, clock, pulls: () => pulls }
}

t.test('pull policies', async (t) => {
  const rows = [
    {
      policy: 'IfNotPresent',
      present: true,
      pulls: 0,
      events: ['Pulled: Container image "app:1" already present on machine and can be accessed by the pod'],
    },
    {
      policy: 'IfNotPresent',
      present: false,
      pulls: 1,
      events: [
        'Pulling: Pulling image "app:1"',
        'Pulled: Successfully pulled image "app:1" in 0ms (0ms including waiting). Image size: 5 bytes.',
      ],
    },
    {
      policy: 'Always',
      present: true,
      pulls: 1,
      events: [
        'Pulling: Pulling image "app:1"',
        'Pulled: Successfully pulled image "app:1" in 0ms (0ms including waiting). Image size: 5 bytes.',
      ],
    },
    {
      policy: 'Never',
      present: true,
      pulls: 0,
      events: ['Pulled: Container image "app:1" already present on machine and can be accessed by the pod'],
    },
  ] as const
  for (const { policy, present, pulls, events } of rows) {
    const set = setUp({ present })
    await set.manager.ensure(podOf(), container('main', { imagePullPolicy: policy }))
    t.same([set.pulls(), set.events], [pulls, events], `${policy}, ${present ? 'there' : 'not there'}`)
  }
})

t.test('refusals', async (t) => {
  const { manager, events } = setUp()
  await t.rejects(manager.ensure(podOf(), container('main', { imagePullPolicy: 'Never' })), {
    code: 'ErrImageNeverPull',
  })
  await t.rejects(manager.ensure(podOf(), container('main', { image: 'App:1' })), { code: 'InvalidImageName' })
  t.same(events, [
    'ErrImageNeverPull: Container image "app:1" is not present with pull policy of Never',
    'InspectFailed: Failed to apply default image tag "App:1": couldn\'t parse image name "App:1": invalid reference format',
  ])
})

t.test('a pull that fails is tried again after a while, and says so meanwhile', async (t) => {
  const { manager, clock, pulls } = setUp({ pull: () => Promise.reject(new Error('no such host')) })
  const attempt = () => manager.ensure(podOf(), container('main'))
  await t.rejects(attempt(), { code: 'ErrImagePull', message: 'no such host' })
  await t.rejects(attempt(), {
    code: 'ImagePullBackOff',
    message: 'Back-off pulling image "app:1": ErrImagePull: no such host',
    retryAfter: 10_000,
  })
  t.equal(pulls(), 1)
  await clock.advance(10_000)
  await t.rejects(attempt(), { code: 'ErrImagePull' })
  await t.rejects(attempt(), { code: 'ImagePullBackOff', retryAfter: 20_000 })
  t.equal(pulls(), 2)
})

const secret = (auths: Record<string, object>): Secret => ({
  metadata: { name: 's', uid: 's', resourceVersion: '1', creationTimestamp: '' },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
})
const auth = (name: string) => ({ auth: Buffer.from(`${name}:secret`).toString('base64') })

t.test('which credentials fit an image', async (t) => {
  const secrets = [
    secret({
      'ghcr.io': auth('all'),
      'https://ghcr.io/team': auth('team'),
      '*.example.com': auth('wild'),
      'https://index.docker.io/v1/': auth('hub'),
    }),
  ]
  const users = (image: string) => credentialsFor(image, secrets).map(({ username }) => username)
  t.same(users('ghcr.io/team/app:1'), ['team', 'all'])
  t.same(users('ghcr.io/teamwork/app'), ['all'])
  t.same(users('registry.example.com/app'), ['wild'])
  t.same(users('nginx'), ['hub'])
  t.same(users('quay.io/x'), [])
})

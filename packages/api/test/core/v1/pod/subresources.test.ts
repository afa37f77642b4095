import t from 'tap'
import {
  prepareForEphemeralContainersUpdate,
  validateEphemeralContainersUpdate,
} from '../../../../src/core/v1/pod/ephemeral-containers.ts'
import { prepareForResize, validateResize } from '../../../../src/core/v1/pod/resize.ts'
import { pods } from '../../../../src/core/v1/pod.ts'
import type { EphemeralContainer, Pod } from '../../../../src/core/v1/types.ts'
import { created } from '../../../rules.ts'

const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } }
const spec = { containers: [{ name: 'web', image: 'nginx:1', resources }] }

const lines = (errors: { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`)

const look = { name: 'look', image: 'busybox:1' }

function withEphemeral(...containers: object[]): Pod {
  const pod = created(pods, { spec })
  pod.spec.ephemeralContainers = containers as EphemeralContainer[]
  pods.defaults?.(pod)
  return pod
}

const ephemeralRows = [
  { name: 'one is added', from: [], to: [look], expected: [] },
  { name: 'beside another', from: [look], to: [look, { ...look, name: 'two' }], expected: [] },
  {
    name: 'one is taken away',
    from: [look],
    to: [],
    expected: ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "look" may not be removed\n'],
  },
  {
    name: 'one is changed',
    from: [look],
    to: [{ ...look, stdin: true }],
    expected: [
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "look" may not be changed\n+ stdin: true',
    ],
  },
  {
    name: 'a name that is taken',
    from: [],
    to: [{ ...look, name: 'web' }],
    expected: ['spec.ephemeralContainers[0].name: Duplicate value: "web"'],
  },
  {
    name: 'a target that is not there',
    from: [],
    to: [{ ...look, targetContainerName: 'db' }],
    expected: ['spec.ephemeralContainers[0].targetContainerName: Not found: "db"'],
  },
  {
    name: 'ports',
    from: [],
    to: [{ ...look, ports: [{ containerPort: 80 }] }],
    expected: ['spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container'],
  },
]

for (const { name, from, to, expected } of ephemeralRows)
  t.test(`ephemeral containers: ${name}`, async (t) => {
    const old = withEphemeral(...from)
    const pod = withEphemeral(...to)
    prepareForEphemeralContainersUpdate(pod, old)
    t.strictSame(lines(validateEphemeralContainersUpdate(pod, old)), expected)
  })

t.test('only they change', async (t) => {
  const old = withEphemeral()
  const pod = withEphemeral(look)
  pod.spec.hostname = 'other'
  prepareForEphemeralContainersUpdate(pod, old)
  t.equal(pod.spec.hostname, undefined)
  t.equal(pod.spec.ephemeralContainers?.length, 1)
})

const resized = (more: object) => [{ ...spec.containers[0], resources: { ...resources, ...more } }]
const resizeRows = [
  { name: 'more CPU', to: resized({ requests: { cpu: '1500m', memory: '1Gi' } }), expected: [] },
  {
    name: 'a request taken away',
    to: resized({ limits: { cpu: '2' } }),
    expected: ['spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
  },
  {
    name: 'another QoS class',
    to: resized({ requests: resources.limits }),
    expected: ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
  },
  {
    name: 'another resource',
    to: resized({
      requests: { ...resources.requests, 'ephemeral-storage': '1Gi' },
      limits: { ...resources.limits, 'ephemeral-storage': '1Gi' },
    }),
    expected: ['spec: Forbidden: only cpu and memory resources are mutable'],
  },
  {
    name: 'another container',
    to: [...spec.containers, { name: 'b', image: 'b:1', resources }],
    expected: ['spec.containers: Forbidden: containers may not be added or removed on resize'],
  },
]

for (const { name, to, expected } of resizeRows)
  t.test(`resize: ${name}`, async (t) => {
    const old = created(pods, { spec })
    const pod = created(pods, { spec: { ...spec, containers: to, hostname: 'ignored' } })
    prepareForResize(pod, old)
    t.equal(pod.spec.hostname, undefined)
    t.strictSame(lines(validateResize(pod, old)), expected)
  })

import type { Node } from '@tandem/api/core/v1/types'
import type {
  AllocationResult,
  Device,
  DeviceClaim,
  DeviceClass,
  DeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from '@tandem/api/resource/v1/types'
import t from 'tap'
import { allocate } from '../../src/dynamic-resources/allocator.ts'
import { AssumedClaims } from '../../src/dynamic-resources/assumed-claims.ts'
import { slicesIn } from '../../src/dynamic-resources/sources.ts'
import { nodeOf, objectsOf } from '../objects.ts'
import { allocated, claim, deviceClass, driver, slice } from './objects.ts'

const one = (request: Partial<DeviceRequest['exactly']> = {}, name = 'r'): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...request },
})
const all = (request: Partial<DeviceRequest['exactly']> = {}, name = 'r'): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'All', ...request },
})
const first = (...ways: Partial<NonNullable<DeviceRequest['firstAvailable']>[number]>[]): DeviceRequest => ({
  name: 'r',
  firstAvailable: ways.map((way, index) => ({
    name: `s${index}`,
    deviceClassName: 'gpu',
    allocationMode: 'ExactCount',
    ...(way.allocationMode === 'All' ? {} : { count: 1 }),
    ...way,
  })),
})
const where = (attribute: string) => [{ cel: { expression: `device.attributes["${driver}"].${attribute}` } }]
const gpu = (name: string, attributes: Record<string, string | number> = {}, more: Partial<Device> = {}): Device => ({
  name,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'number' ? { int: value } : { string: value },
    ]),
  ),
  ...more,
})
const inZone = (zone: string) => ({
  nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In' as const, values: [zone] }] }],
})
const taint = { key: 'broken', value: 'fan', effect: 'NoSchedule' } as const
const card = (memory: number) => ({
  consumesCounters: [{ counterSet: 'card', counters: { memory: { value: `${memory}Gi` } } }],
})
const partitions = (...sizes: number[]) => [
  slice({
    name: 'counters',
    pool: 'p',
    count: 2,
    sharedCounters: [{ name: 'card', counters: { memory: { value: '40Gi' } } }],
  }),
  slice({ name: 'p', count: 2, devices: sizes.map((size, index) => gpu(`part-${index}`, {}, card(size))) }),
]
const shared = (value: string, requestPolicy?: NonNullable<Device['capacity']>[string]['requestPolicy']) =>
  gpu(
    'shared',
    {},
    {
      allowMultipleAllocations: true,
      capacity: { memory: { value, ...(requestPolicy && { requestPolicy }) } },
    },
  )
const capacity = (memory: string) => ({ capacity: { requests: { memory } } })
const constrained = (constraint: object, ...requests: DeviceRequest[]): DeviceClaim => ({
  requests,
  constraints: [constraint],
})
const sameModel = { matchAttribute: `${driver}/model` }

interface Row {
  name: string
  claims: DeviceClaim[]
  slices: ResourceSlice[]
  classes?: DeviceClass[]
  others?: ResourceClaim[]
  node?: Partial<Parameters<typeof nodeOf>[0]>
  /** Devices by claim, as `request: pool/device`; why there are none; or an error. */
  expect: string[][] | string | RegExp
}

const rows: Row[] = [
  {
    name: 'one device',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    expect: [['r: s/a']],
  },
  { name: 'a claim for nothing', claims: [{}], slices: [], expect: [[]] },
  { name: 'no slices', claims: [{ requests: [one()] }], slices: [], expect: 'none' },
  {
    name: 'two devices',
    claims: [{ requests: [one({ count: 2 })] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    expect: [['r: s/a', 'r: s/b']],
  },
  {
    name: 'more than there are',
    claims: [{ requests: [one({ count: 3 })] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    expect: 'none',
  },
  {
    name: 'the node has none',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', nodeName: 'm', devices: ['a'] })],
    expect: 'none',
  },
  {
    name: 'devices of all nodes',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', allNodes: true, devices: ['a'] })],
    expect: [['r: s/a']],
  },
  {
    name: 'devices of a zone',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', nodeSelector: inZone('z'), devices: ['a'] })],
    node: { labels: { zone: 'z' } },
    expect: [['r: s/a']],
  },
  {
    name: 'devices of another zone',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', nodeSelector: inZone('y'), devices: ['a'] })],
    node: { labels: { zone: 'z' } },
    expect: 'none',
  },
  {
    name: 'each device says where it is',
    claims: [{ requests: [one()] }],
    slices: [
      slice({
        name: 's',
        perDeviceNodeSelection: true,
        devices: [
          { name: 'a', nodeName: 'm' },
          { name: 'b', nodeSelector: inZone('z') },
        ],
      }),
    ],
    node: { labels: { zone: 'z' } },
    expect: [['r: s/b']],
  },
  {
    name: 'a device that another claim has',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    others: [allocated('x', 's', ['a'])],
    expect: [['r: s/b']],
  },
  {
    name: 'two claims do not get one device',
    claims: [{ requests: [one()] }, { requests: [one()] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: 'none',
  },
  {
    name: 'the class selects',
    claims: [{ requests: [one()] }],
    classes: [deviceClass('gpu', { selectors: where('slots > 2') })],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 1 }), gpu('b', { slots: 3 })] })],
    expect: [['r: s/b']],
  },
  {
    name: 'the request selects too',
    claims: [{ requests: [one({ selectors: where('model == "x"') })] }],
    classes: [deviceClass('gpu', { selectors: where('slots > 2') })],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 3, model: 'y' }), gpu('b', { slots: 3, model: 'x' })] })],
    expect: [['r: s/b']],
  },
  {
    name: 'a small request leaves the large device to the large one',
    claims: [
      {
        requests: [one({ selectors: where('slots >= 1') }, 'small'), one({ selectors: where('slots >= 8') }, 'large')],
      },
    ],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 8 }), gpu('b', { slots: 1 })] })],
    expect: [['small: s/b', 'large: s/a']],
  },
  {
    name: 'and so over claims',
    claims: [
      { requests: [one({ selectors: where('slots >= 1') }, 'small')] },
      { requests: [one({ selectors: where('slots >= 8') }, 'large')] },
    ],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 8 }), gpu('b', { slots: 1 })] })],
    expect: [['small: s/b'], ['large: s/a']],
  },
  {
    name: 'all devices',
    claims: [{ requests: [all()] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] }), slice({ name: 't', devices: ['c'] })],
    expect: [['r: s/a', 'r: s/b', 'r: t/c']],
  },
  {
    name: 'all devices that are selected',
    claims: [{ requests: [all({ selectors: where('slots > 2') })] }],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 3 }), gpu('b', { slots: 1 })] })],
    expect: [['r: s/a']],
  },
  { name: 'all devices of none', claims: [{ requests: [all()] }], slices: [], expect: 'none' },
  {
    name: 'all devices, one of which is taken',
    claims: [{ requests: [all()] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    others: [allocated('x', 's', ['a'])],
    expect: 'none',
  },
  {
    name: 'all devices, and one more',
    claims: [{ requests: [all({ selectors: where('slots == 1') }, 'all'), one({}, 'one')] }],
    slices: [slice({ name: 's', devices: [gpu('a', { slots: 1 }), gpu('b', { slots: 2 })] })],
    expect: [['all: s/a', 'one: s/b']],
  },
  {
    name: 'all devices of a pool that is being published',
    claims: [{ requests: [all()] }],
    slices: [slice({ name: 's', count: 2, devices: ['a'] })],
    expect:
      /claim default\/c0, request r: asks for all devices, but resource pool gpu\.example\.com\/s is currently being updated/,
  },
  {
    name: 'one of a pool that is being published',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', count: 2, devices: ['a'] })],
    expect: 'none',
  },
  {
    name: 'an older generation',
    claims: [{ requests: [one()] }],
    slices: [
      slice({ name: 'old', pool: 'p', devices: ['a'] }),
      slice({ name: 'new', pool: 'p', generation: 2, devices: ['b'] }),
    ],
    expect: [['r: p/b']],
  },
  {
    name: 'a generation that moved to another node',
    claims: [{ requests: [one()] }],
    slices: [
      slice({ name: 'old', pool: 'p', devices: ['a'] }),
      slice({ name: 'new', pool: 'p', generation: 2, nodeName: 'm', devices: ['b'] }),
    ],
    expect: 'none',
  },
  {
    name: 'a pool with one name twice',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: ['a', 'a'] })],
    expect: 'none: invalid resource pools were encountered',
  },
  {
    name: 'such a pool beside a good one',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: ['a', 'a'] }), slice({ name: 't', devices: ['b'] })],
    expect: [['r: t/b']],
  },
  {
    name: 'admin access to a device that is taken',
    claims: [{ requests: [one({ adminAccess: true })] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    others: [allocated('x', 's', ['a'])],
    expect: [['r: s/a (admin)']],
  },
  {
    name: 'admin access takes nothing',
    claims: [{ requests: [one({ adminAccess: true })] }, { requests: [one({ adminAccess: true })] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: [['r: s/a (admin)'], ['r: s/a (admin)']],
  },
  {
    name: 'the first alternative',
    claims: [{ requests: [first({}, {})] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: [['r/s0: s/a']],
  },
  {
    name: 'the second, where the first is not to be had',
    claims: [{ requests: [first({ count: 2 }, {})] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: [['r/s1: s/a']],
  },
  {
    name: 'none of them',
    claims: [{ requests: [first({ count: 2 }, { count: 3 })] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: 'none',
  },
  {
    name: 'a smaller alternative, for what a later request needs',
    claims: [{ requests: [first({ count: 2 }, {}), one({}, 'q')] }],
    slices: [slice({ name: 's', devices: ['a', 'b'] })],
    expect: [['r/s1: s/a', 'q: s/b']],
  },
  {
    name: 'an alternative that fits the limit',
    claims: [{ requests: [first({ count: 40 }, { count: 1 })] }],
    slices: [slice({ name: 's', devices: Array.from({ length: 40 }, (_, index) => `d${index}`) })],
    expect: [['r/s1: s/d0']],
  },
  {
    name: 'more than a claim may have',
    claims: [{ requests: [one({ count: 33 })] }],
    slices: [],
    expect: /claim default\/c0: number of requested devices 33 exceeds the claim limit of 32/,
  },
  {
    name: 'as many as a claim may have',
    claims: [{ requests: [one({ count: 32 })] }],
    slices: [slice({ name: 's', devices: Array.from({ length: 32 }, (_, index) => `d${index}`) })],
    expect: [Array.from({ length: 32 }, (_, index) => `r: s/d${index}`)],
  },
  {
    name: 'of one model',
    claims: [constrained(sameModel, one({ count: 2 }))],
    slices: [
      slice({ name: 's', devices: [gpu('a', { model: 'x' }), gpu('b', { model: 'y' }), gpu('c', { model: 'x' })] }),
    ],
    expect: [['r: s/a', 'r: s/c']],
  },
  {
    name: 'of one model, and there are two of the other',
    claims: [constrained(sameModel, one({ count: 2 }))],
    slices: [
      slice({ name: 's', devices: [gpu('a', { model: 'x' }), gpu('b', { model: 'y' }), gpu('c', { model: 'y' })] }),
    ],
    expect: [['r: s/b', 'r: s/c']],
  },
  {
    name: 'of one model, and they have none',
    claims: [constrained(sameModel, one())],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: 'none',
  },
  {
    name: 'a number is not the text',
    claims: [constrained(sameModel, one({ count: 2 }))],
    slices: [slice({ name: 's', devices: [gpu('a', { model: 1 }), gpu('b', { model: '1' })] })],
    expect: 'none',
  },
  {
    name: 'only some requests are constrained',
    claims: [constrained({ ...sameModel, requests: ['q'] }, one({}, 'q'), one({}, 'r'))],
    slices: [slice({ name: 's', devices: [gpu('a', { model: 'x' }), 'b'] })],
    expect: [['q: s/a', 'r: s/b']],
  },
  {
    name: 'a constraint on one alternative',
    claims: [constrained({ ...sameModel, requests: ['r/s0'] }, first({ count: 2 }, { count: 2 }))],
    slices: [slice({ name: 's', devices: [gpu('a', { model: 'x' }), gpu('b', { model: 'y' })] })],
    expect: [['r/s1: s/a', 'r/s1: s/b']],
  },
  {
    name: 'all of one model, where they are not',
    claims: [constrained(sameModel, all())],
    slices: [slice({ name: 's', devices: [gpu('a', { model: 'x' }), gpu('b', { model: 'y' })] })],
    expect:
      /claim default\/c0, request r: cannot add device gpu\.example\.com\/s\/b because a claim constraint would not be satisfied/,
  },
  {
    name: 'of different models',
    claims: [constrained({ distinctAttribute: `${driver}/model` }, one({ count: 2 }))],
    slices: [
      slice({ name: 's', devices: [gpu('a', { model: 'x' }), gpu('b', { model: 'x' }), gpu('c', { model: 'y' })] }),
    ],
    expect: [['r: s/a', 'r: s/c']],
  },
  {
    name: 'a tainted device',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: [{ name: 'a', taints: [taint] }, 'b'] })],
    expect: [['r: s/b']],
  },
  {
    name: 'a tainted device, tolerated',
    claims: [{ requests: [one({ tolerations: [{ key: 'broken', operator: 'Equal', value: 'fan' }] })] }],
    slices: [slice({ name: 's', devices: [{ name: 'a', taints: [taint] }] })],
    expect: [['r: s/a']],
  },
  {
    name: 'a tainted device, another taint tolerated',
    claims: [{ requests: [one({ tolerations: [{ key: 'hot', operator: 'Exists' }] })] }],
    slices: [slice({ name: 's', devices: [{ name: 'a', taints: [taint] }] })],
    expect: 'none',
  },
  {
    name: 'a taint without effect',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: [{ name: 'a', taints: [{ ...taint, effect: 'None' }] }] })],
    expect: [['r: s/a']],
  },
  {
    name: 'partitions of a card that fit beside each other',
    claims: [{ requests: [one({ count: 2 })] }],
    slices: partitions(20, 30, 20),
    expect: [['r: p/part-0', 'r: p/part-2']],
  },
  {
    name: 'partitions of a card, one of which is taken',
    claims: [{ requests: [one()] }],
    slices: partitions(30, 20, 10),
    others: [allocated('x', 'p', ['part-1'])],
    expect: [['r: p/part-2']],
  },
  {
    name: 'a partition of what there is not',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: [gpu('a', {}, card(1))] })],
    expect: 'none: invalid resource pools were encountered',
  },
  {
    name: 'a share of a device',
    claims: [{ requests: [one(capacity('10Gi'))] }, { requests: [one(capacity('30Gi'))] }],
    slices: [slice({ name: 's', devices: [shared('40Gi')] })],
    expect: [['r: s/shared (10Gi)'], ['r: s/shared (30Gi)']],
  },
  {
    name: 'shares that are too large together',
    claims: [{ requests: [one(capacity('20Gi'))] }, { requests: [one(capacity('30Gi'))] }],
    slices: [slice({ name: 's', devices: [shared('40Gi')] })],
    expect: 'none',
  },
  {
    name: 'a share that says nothing is the whole',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: [shared('40Gi')] })],
    expect: [['r: s/shared (40Gi)']],
  },
  {
    name: 'a share that says nothing has its default',
    claims: [{ requests: [one()] }],
    slices: [slice({ name: 's', devices: [shared('40Gi', { default: '1Gi' })] })],
    expect: [['r: s/shared (1Gi)']],
  },
  {
    name: 'a share is rounded up to a step',
    claims: [{ requests: [one(capacity('9Gi'))] }],
    slices: [
      slice({ name: 's', devices: [shared('40Gi', { default: '4Gi', validRange: { min: '4Gi', step: '4Gi' } })] }),
    ],
    expect: [['r: s/shared (12Gi)']],
  },
  {
    name: 'a share is rounded up to a valid value',
    claims: [{ requests: [one(capacity('9Gi'))] }],
    slices: [slice({ name: 's', devices: [shared('40Gi', { default: '4Gi', validValues: ['4Gi', '16Gi'] })] })],
    expect: [['r: s/shared (16Gi)']],
  },
  {
    name: 'a share beyond the largest',
    claims: [{ requests: [one(capacity('30Gi'))] }],
    slices: [
      slice({ name: 's', devices: [shared('40Gi', { default: '4Gi', validRange: { min: '4Gi', max: '20Gi' } })] }),
    ],
    expect: 'none',
  },
  {
    name: 'a share of what the device does not have',
    claims: [{ requests: [one({ capacity: { requests: { cores: '1' } } })] }],
    slices: [slice({ name: 's', devices: [shared('40Gi')] })],
    expect: 'none',
  },
  {
    name: 'devices that have to be waited for come last',
    claims: [{ requests: [one()] }],
    slices: [
      slice({ name: 's', devices: [{ name: 'a', bindingConditions: ['ready'] }] }),
      slice({ name: 't', devices: ['b'] }),
    ],
    expect: [['r: t/b']],
  },
  {
    name: 'a selector that fails',
    claims: [{ requests: [one({ selectors: where('none == 1') })] }],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: /claim default\/c0: selector #0: CEL runtime error: No such key: none/,
  },
  {
    name: 'a selector of a class that fails',
    claims: [{ requests: [one()] }],
    classes: [deviceClass('gpu', { selectors: where('none == 1') })],
    slices: [slice({ name: 's', devices: ['a'] })],
    expect: /class gpu: selector #0: CEL runtime error/,
  },
  {
    name: 'a class that there is not',
    claims: [{ requests: [one({ deviceClassName: 'npu' })] }],
    slices: [],
    expect: /could not retrieve device class npu/,
  },
]

const answerTo = (row: Omit<Row, 'name' | 'expect'>) => {
  const { claims, slices, classes = [deviceClass('gpu')], others = [], node = {} } = row
  const objects = objectsOf([...slices, ...others])
  return allocate({
    node: nodeOf({ name: 'n', ...node }) as Node,
    claims: claims.map((devices, index) => claim(`c${index}`, devices)),
    slices: slicesIn(objects),
    classOf: (name) => classes.find(({ metadata }) => metadata.name === name),
    allocated: new AssumedClaims(objects).devices(),
    isOutOfTime: () => false,
  })
}

const shown = ({ devices }: AllocationResult): string[] =>
  (devices?.results ?? []).map(
    ({ request, pool, device, adminAccess, consumedCapacity }) =>
      `${request}: ${pool}/${device}${adminAccess ? ' (admin)' : ''}${consumedCapacity ? ` (${consumedCapacity.memory})` : ''}`,
  )

for (const { name, expect, ...row } of rows) {
  t.test(name, async (t) => {
    if (expect instanceof RegExp) {
      t.throws(() => answerTo(row), { message: expect })
      return
    }
    const answer = answerTo(row)
    if (answer.kind === 'allocated') t.same(answer.allocations.map(shown), expect)
    else t.equal([answer.kind, ...('problem' in answer ? [answer.problem] : [])].join(': '), expect)
  })
}

const allocationOf = (row: Omit<Row, 'name' | 'expect'>): AllocationResult | undefined => {
  const answer = answerTo(row)
  return answer.kind === 'allocated' ? answer.allocations[0] : undefined
}

t.test('from where devices can be used', async (t) => {
  const selectorOf = (devices: ResourceSlice, node = {}) =>
    allocationOf({ claims: [{ requests: [one()] }], slices: [devices], node })?.nodeSelector
  t.strictSame(selectorOf(slice({ name: 's', devices: ['a'] })), {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
  })
  t.equal(selectorOf(slice({ name: 's', allNodes: true, devices: ['a'] })), undefined)
  t.strictSame(
    selectorOf(slice({ name: 's', nodeSelector: inZone('z'), devices: ['a'] }), { labels: { zone: 'z' } }),
    inZone('z'),
  )
  const bound = { name: 'a', bindsToNode: true }
  t.match(selectorOf(slice({ name: 's', allNodes: true, devices: [bound] })), {
    nodeSelectorTerms: [{ matchFields: [{ values: ['n'] }] }],
  })
})

t.test('configuration is that of the classes, then that of the claim', async (t) => {
  const opaque = (level: number) => ({ opaque: { driver, parameters: { level } } })
  const config = allocationOf({
    claims: [
      {
        requests: [one({}, 'a'), first({ count: 9 }, {}), one({}, 'b')],
        config: [
          { ...opaque(1) },
          { requests: ['a'], ...opaque(2) },
          { requests: ['r/s0'], ...opaque(3) },
          { requests: ['r/s1'], ...opaque(4) },
        ],
      },
    ],
    classes: [deviceClass('gpu', { config: [opaque(0)] })],
    slices: [slice({ name: 's', devices: ['x', 'y', 'z'] })],
  })?.devices?.config
  t.strictSame(config, [
    { source: 'FromClass', requests: ['a', 'r/s1', 'b'], ...opaque(0) },
    { source: 'FromClaim', ...opaque(1) },
    { source: 'FromClaim', requests: ['a'], ...opaque(2) },
    { source: 'FromClaim', requests: ['r/s1'], ...opaque(4) },
  ])
})

t.test('a result carries what the kubelet and others need of the device', async (t) => {
  const tolerations = [{ key: 'broken', operator: 'Exists' as const, tolerationSeconds: 10 }]
  const device = { name: 'a', taints: [taint], bindingConditions: ['ready'], bindingFailureConditions: ['broken'] }
  t.strictSame(
    allocationOf({
      claims: [{ requests: [one({ tolerations })] }],
      slices: [slice({ name: 's', devices: [device] })],
    })?.devices?.results,
    [
      {
        request: 'r',
        driver,
        pool: 's',
        device: 'a',
        tolerations,
        bindingConditions: ['ready'],
        bindingFailureConditions: ['broken'],
      },
    ],
  )
})

t.test('a search that takes too long is ended', async (t) => {
  const devices = Array.from({ length: 40 }, (_, index) => gpu(`d${index}`, { model: `m${index % 20}` }))
  const answer = allocate({
    node: nodeOf({ name: 'n' }) as Node,
    claims: [claim('c', constrained(sameModel, one({ count: 3 }, 'a'), one({ count: 3 }, 'b')))],
    slices: slicesIn(objectsOf([slice({ name: 's', devices })])),
    classOf: () => deviceClass('gpu'),
    allocated: new AssumedClaims(objectsOf([])).devices(),
    isOutOfTime: () => true,
  })
  t.equal(answer.kind, 'out of time')
})

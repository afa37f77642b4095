import type { DeviceClaim, ResourceClaim } from '@tandem/api/resource/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import t from 'tap'
import { decide } from '../decide.ts'
import type { PodFixture } from '../objects.ts'
import { allocated, claim, deviceClass, podWithClaims, slice } from './objects.ts'

const nodes = [{ name: 'n' }, { name: 'm' }]
const wanted: DeviceClaim = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 1 } }] }
const preferring = (className: string): DeviceClaim => ({
  requests: [
    {
      name: 'r',
      firstAvailable: [
        { name: 'best', deviceClassName: className, count: 1 },
        { name: 'any', deviceClassName: 'gpu', count: 1 },
      ],
    },
  ],
})
const big = deviceClass('big', {
  selectors: [{ cel: { expression: 'has(device.capacity["gpu.example.com"].memory)' } }],
})
const at = (nodeName: string) => ({
  allocation: {
    devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device: 'a' }] },
    nodeSelector: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }] }],
    },
  },
})
const unhelpful = '2 Preemption is not helpful for scheduling.'
const deleted = (one: ResourceClaim): ResourceClaim => ({
  ...one,
  metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
})
const fromTemplate: PodFixture = { name: 'p', resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] }

const rows: { name: string; pod?: PodFixture; objects: KubernetesObject[]; expect: string | RegExp }[] = [
  {
    name: 'the node that has the device',
    objects: [claim('c', wanted), deviceClass('gpu'), slice({ name: 's', nodeName: 'm', devices: ['a'] })],
    expect: 'm',
  },
  {
    name: 'the node that has what is preferred',
    objects: [
      claim('c', preferring('big')),
      deviceClass('gpu'),
      big,
      slice({ name: 's', devices: ['a'] }),
      slice({ name: 't', nodeName: 'm', devices: [{ name: 'b', capacity: { memory: { value: '1Gi' } } }] }),
    ],
    expect: 'm',
  },
  {
    name: 'a claim that has devices on a node',
    objects: [claim('c', wanted, at('m'))],
    expect: 'm',
  },
  {
    name: 'no node has the device',
    objects: [claim('c', wanted), deviceClass('gpu')],
    expect: `0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: ${unhelpful}`,
  },
  {
    name: 'the device is taken',
    objects: [claim('c', wanted), deviceClass('gpu'), slice({ name: 's', devices: ['a'] }), allocated('x', 's', ['a'])],
    expect: /^0\/2 nodes are available: 2 cannot allocate all claims\. /,
  },
  {
    name: 'the claim has devices where the pod cannot run',
    pod: { ...podWithClaims('c'), nodeSelector: { 'kubernetes.io/hostname': 'n' } },
    objects: [claim('c', wanted, at('m'))],
    expect:
      /^0\/2 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector, 1 resourceclaim not available on the node\. deallocation of ResourceClaim completed, preemption: /,
  },
  {
    name: 'and somebody else uses it',
    pod: { ...podWithClaims('c'), nodeSelector: { 'kubernetes.io/hostname': 'n' } },
    objects: [claim('c', wanted, { ...at('m'), reservedFor: [{ resource: 'pods', name: 'x', uid: 'x' }] })],
    expect: / still not schedulable, preemption: /,
  },
  {
    name: 'a claim that is being deleted',
    objects: [deleted(claim('c', wanted))],
    expect: /^0\/2 nodes are available: resourceclaim "c" is being deleted\. no new claims to deallocate, /,
  },
  {
    name: 'a class that there is not',
    objects: [claim('c', wanted)],
    expect: /^0\/2 nodes are available: request r: device class gpu does not exist\. /,
  },
  {
    name: 'a class of an alternative that there is not',
    objects: [claim('c', preferring('none')), deviceClass('gpu')],
    expect: /request r\/best: device class none does not exist\. /,
  },
  {
    name: 'a claim by template that is not made yet',
    pod: fromTemplate,
    objects: [],
    expect: /^0\/2 nodes are available: pod "default\/p": ResourceClaim not created yet\. /,
  },
  {
    name: 'two claims, one of which cannot be had',
    pod: podWithClaims('c', 'd'),
    objects: [claim('c', wanted), claim('d', wanted), deviceClass('gpu'), slice({ name: 's', devices: ['a'] })],
    expect: /2 cannot allocate all claims/,
  },
  {
    name: 'a device that failed to come to its node',
    objects: [
      claim('c', wanted, {
        allocation: {
          devices: {
            results: [
              {
                request: 'r',
                driver: 'd',
                pool: 'p',
                device: 'a',
                bindingConditions: ['ready'],
                bindingFailureConditions: ['failed'],
              },
            ],
          },
        },
        devices: [
          {
            driver: 'd',
            pool: 'p',
            device: 'a',
            conditions: [{ type: 'failed', status: 'True', reason: 'Gone', message: '', lastTransitionTime: '' }],
          },
        ],
      }),
    ],
    expect: /2 resourceclaim not available on the node\. deallocation of ResourceClaim completed/,
  },
]

for (const { name, pod = podWithClaims('c'), objects, expect } of rows)
  t.test(name, async (t) => {
    const decision = decide({ pod, nodes, objects })
    if (typeof expect === 'string') t.equal(decision, expect)
    else t.match(decision, expect)
  })

t.test('a selector that fails ends the attempt', async (t) => {
  const selectors = [{ cel: { expression: 'device.attributes["none"].none == 1' } }]
  const objects = [claim('c', wanted), deviceClass('gpu', { selectors }), slice({ name: 's', devices: ['a'] })]
  t.throws(() => decide({ pod: podWithClaims('c'), nodes, objects }), {
    message: /^running "DynamicResources" filter plugin: class gpu: selector #0: CEL runtime error: No such key: none/,
  })
})

import t from 'tap'
import { deviceClasses } from '../../../src/resource/v1/deviceclass.ts'
import { resourceClaims } from '../../../src/resource/v1/resourceclaim.ts'
import { resourceClaimTemplates } from '../../../src/resource/v1/resourceclaimtemplate.ts'
import { resourceSlices } from '../../../src/resource/v1/resourceslice.ts'
import { created, faults, noon, row, statusFaults, updateFaults } from '../../rules.ts'

const exactly = { deviceClassName: 'gpu.example.com' }
const claim = (...requests: object[]) => ({ spec: { devices: { requests } } })
const at = 'spec.devices.requests[0]'

t.test('one device is asked for unless more are', async (t) => {
  t.match(created(resourceClaims, claim({ name: 'gpu', exactly: { ...exactly } })).spec.devices?.requests, [
    { exactly: { allocationMode: 'ExactCount', count: 1 } },
  ])
})

const claims = [
  { name: 'good', draft: claim({ name: 'gpu', exactly }), expected: [] },
  {
    name: 'neither one nor a choice',
    draft: claim({ name: 'gpu' }),
    expected: [`${at}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  },
  {
    name: 'all, and so many',
    draft: claim({ name: 'gpu', exactly: { ...exactly, allocationMode: 'All', count: 2 } }),
    expected: [`${at}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
  },
  {
    name: 'a selector that is no condition',
    draft: claim({ name: 'gpu', exactly: { ...exactly, selectors: [{ cel: { expression: 'device.driver' } }] } }),
    expected: [
      `${at}.exactly.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string`,
    ],
  },
  {
    name: 'a selector over attributes and capacity',
    draft: claim({
      name: 'gpu',
      exactly: {
        ...exactly,
        selectors: [
          {
            cel: {
              expression:
                "device.attributes['gpu.example.com'].model == 'a' && device.capacity['gpu.example.com'].memory.compareTo(quantity('1Gi')) >= 0",
            },
          },
        ],
      },
    }),
    expected: [],
  },
  {
    name: 'two of one name',
    draft: claim({ name: 'gpu', exactly }, { name: 'gpu', exactly }),
    expected: ['spec.devices.requests[1]: Duplicate value: "gpu"'],
  },
  {
    name: 'a constraint on what is not asked for',
    draft: {
      spec: {
        devices: {
          requests: [{ name: 'gpu', firstAvailable: [{ name: 'big', ...exactly }] }],
          constraints: [{ requests: ['gpu/big', 'gpu/small'], matchAttribute: 'gpu.example.com/numa' }],
        },
      },
    },
    expected: [
      'spec.devices.constraints[0].requests[1]: Invalid value: "gpu/small": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
    ],
  },
  {
    name: 'parameters that are no object',
    draft: {
      spec: { devices: { config: [{ opaque: { driver: 'gpu.example.com', parameters: 'x' } }] } },
    },
    expected: [
      'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
  },
]
for (const { name, draft, expected } of claims)
  t.test(`a claim: ${name}`, async (t) => t.strictSame(faults(resourceClaims, draft), expected))

t.test('a spec does not change', async (t) => {
  const from = claim({ name: 'gpu', exactly })
  const [fault] = updateFaults(resourceClaims, { from, to: claim({ name: 'other', exactly }) })
  t.match(fault, /^spec: Invalid value: .*: field is immutable$/)
  const template = { spec: { spec: from.spec } }
  t.strictSame(faults(resourceClaimTemplates, template), [])
  t.strictSame(updateFaults(resourceClaimTemplates, { from: template, to: template }), [])
})

const result = { request: 'gpu', driver: 'gpu.example.com', pool: 'n1', device: 'a' }
const allocation = { devices: { results: [result] } }
const consumer = { resource: 'pods', name: 'web', uid: '1' }
const statuses = [
  { name: 'allocated and reserved', from: {}, to: { allocation, reservedFor: [consumer] }, expected: [] },
  {
    name: 'reserved before it is allocated',
    from: {},
    to: { reservedFor: [consumer] },
    expected: ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
  },
  {
    name: 'allocated anew',
    from: { allocation },
    to: { allocation: { devices: { results: [{ ...result, device: 'b' }] } } },
    expected: [/^status.allocation: Invalid value: .*field is immutable$/],
  },
  {
    name: 'told of a device of somebody else',
    from: { allocation },
    to: { allocation, devices: [{ driver: 'gpu.example.com', pool: 'n1', device: 'b' }] },
    expected: ['status.devices[0]: Invalid value: "gpu.example.com/n1/b": must be an allocated device in the claim'],
  },
  {
    name: 'an address that is printed in another way',
    from: { allocation },
    to: {
      allocation,
      devices: [
        { driver: 'gpu.example.com', pool: 'n1', device: 'a', networkData: { ips: ['2001:DB8::1/64', '10.0.0.1'] } },
      ],
    },
    expected: [
      'status.devices[0].networkData.ips[0]: Invalid value: "2001:DB8::1/64": must be in canonical form ("2001:db8::1/64")',
      'status.devices[0].networkData.ips[1]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    ],
  },
]
for (const { name, from, to, expected } of statuses)
  t.test(`a claim that is ${name}`, async (t) => {
    const found = statusFaults(resourceClaims, { spec: claim({ name: 'gpu', exactly }), from, to })
    t.equal(found.length, expected.length)
    t.match(found, expected)
  })

t.test('what is told of a device goes with it', async (t) => {
  const devices = [{ driver: 'gpu.example.com', pool: 'n1', device: 'a' }]
  const old = { ...created(resourceClaims, claim()), status: { allocation, devices } }
  const next = { ...structuredClone(old), status: { devices: structuredClone(devices) } }
  resourceClaims.prepareForStatusUpdate?.(next, old)
  t.strictSame(next.status, {})
  t.equal((row(resourceClaims, old, noon) as { State: string }).State, 'allocated')
  t.equal((row(resourceClaims, next, noon) as { State: string }).State, 'pending')
})

const slice = (spec: object) => ({
  spec: { driver: 'gpu.example.com', pool: { name: 'n1', resourceSliceCount: 1 }, nodeName: 'n1', ...spec },
})
const device = (change: object) => slice({ devices: [{ name: 'a', ...change }] })
const slices = [
  { name: 'good', draft: device({ attributes: { model: { string: 'x' } } }), expected: [] },
  {
    name: 'nowhere',
    draft: slice({ nodeName: undefined }),
    expected: [
      'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
    ],
  },
  {
    name: 'in two places',
    draft: slice({ allNodes: true }),
    expected: [
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  },
  {
    name: 'of no slices',
    draft: slice({ pool: { name: 'n1', resourceSliceCount: 0 } }),
    expected: ['spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero'],
  },
  {
    name: 'an attribute without a value',
    draft: device({ attributes: { model: {} } }),
    expected: ['spec.devices[0].attributes[model]: Invalid value: "": exactly one value must be specified'],
  },
  {
    name: 'a version that is none',
    draft: device({ attributes: { 'gpu.example.com/version': { version: '1.2' } } }),
    expected: [
      'spec.devices[0].attributes[gpu.example.com/version].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0',
    ],
  },
  {
    name: 'a policy for a device that is not shared',
    draft: device({ capacity: { memory: { value: '1Gi', requestPolicy: { default: '1Gi' } } } }),
    expected: ['spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
  },
  {
    name: 'a policy whose default is off its steps',
    draft: device({
      allowMultipleAllocations: true,
      capacity: {
        memory: { value: '10', requestPolicy: { default: '4', validRange: { min: '1', step: '2', max: '9' } } },
      },
    }),
    expected: [
      'spec.devices[0].capacity[memory].requestPolicy.validRange.step: Invalid value: "4": value is not a multiple of a given step (2) from (1)',
    ],
  },
  {
    name: 'a binding condition with nothing that tells of failure',
    draft: device({ bindingConditions: ['Ready'] }),
    expected: [
      'spec.devices[0].bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions',
    ],
  },
  {
    name: 'a node of its own, though the slice says',
    draft: device({ nodeName: 'n2' }),
    expected: [/can only be set if `perDeviceNodeSelection` is set to true/],
  },
]
for (const { name, draft, expected } of slices)
  t.test(`a slice: ${name}`, async (t) => {
    const found = faults(resourceSlices, draft)
    t.equal(found.length, expected.length, found.join('\n'))
    t.match(found, expected)
  })

t.test('a slice stays where it is', async (t) => {
  const to = slice({ nodeName: 'n2' })
  t.strictSame(updateFaults(resourceSlices, { from: slice({}), to }), [
    'spec.nodeName: Invalid value: "n2": field is immutable',
  ])
})

t.test('a class', async (t) => {
  const selectors = [{ cel: { expression: "device.driver == 'gpu.example.com'" } }]
  t.strictSame(faults(deviceClasses, { spec: { selectors, extendedResourceName: 'example.com/gpu' } }), [])
  t.strictSame(faults(deviceClasses, { spec: { extendedResourceName: 'cpu' } }), [
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ])
})

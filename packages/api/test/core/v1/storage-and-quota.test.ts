import t from 'tap'
import { bindings } from '../../../src/core/v1/binding.ts'
import { limitRanges } from '../../../src/core/v1/limitrange.ts'
import { persistentVolumes } from '../../../src/core/v1/persistentvolume.ts'
import { persistentVolumeClaims } from '../../../src/core/v1/persistentvolumeclaim.ts'
import { resourceQuotas } from '../../../src/core/v1/resourcequota.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }

const claimRows = [
  { name: 'a good one', spec: {}, expected: [] },
  {
    name: 'no mode',
    spec: { accessModes: [] },
    expected: ['spec.accessModes: Required value: at least 1 access mode is required'],
  },
  {
    name: 'one pod among many',
    spec: { accessModes: ['ReadWriteOncePod', 'ReadWriteMany'] },
    expected: ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  },
  { name: 'no size', spec: { resources: {} }, expected: ['spec.resources[storage]: Required value'] },
  {
    name: 'a size of nothing',
    spec: { resources: { requests: { storage: '0' } } },
    expected: ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  },
]

for (const { name, spec, expected } of claimRows)
  t.test(`claim: ${name}`, async (t) => {
    t.strictSame(faults(persistentVolumeClaims, { spec: { ...claim, ...spec } }), expected)
  })

t.test('a claim', async (t) => {
  const object = created(persistentVolumeClaims, { spec: claim })
  t.equal(object.spec.volumeMode, 'Filesystem')
  t.match(row(persistentVolumeClaims, object, noon), { Status: 'Pending', Volume: '', Capacity: '', StorageClass: '' })
  object.spec.volumeName = 'pv-1'
  object.status = { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] }
  t.match(row(persistentVolumeClaims, object, noon), {
    Status: 'Bound',
    Volume: 'pv-1',
    Capacity: '1Gi',
    'Access Modes': 'RWO,ROX',
  })
})

t.test('a claim is fixed, but for the volume it is bound to', async (t) => {
  const from = { spec: claim }
  t.strictSame(updateFaults(persistentVolumeClaims, { from, to: { spec: { ...claim, volumeName: 'pv-1' } } }), [])
  t.strictSame(updateFaults(persistentVolumeClaims, { from, to: { spec: { ...claim, storageClassName: 'fast' } } }), [])
  t.strictSame(
    updateFaults(persistentVolumeClaims, { from, to: { spec: { ...claim, accessModes: ['ReadWriteMany'] } } }),
    [
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ],
  )
})

const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } }

const volumeRows = [
  { name: 'a good one', spec: {}, expected: [] },
  { name: 'no source', spec: { hostPath: undefined }, expected: ['spec: Required value: must specify a volume type'] },
  {
    name: 'two sources',
    spec: { nfs: { server: 's', path: '/' } },
    expected: ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
  },
  {
    name: 'a local one anywhere',
    spec: { hostPath: undefined, local: { path: '/data' } },
    expected: ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  },
  {
    name: 'everything wiped',
    spec: { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
    expected: ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  },
  {
    name: 'a driver without a handle',
    spec: { hostPath: undefined, csi: { driver: 'csi.example.com' } },
    expected: ['spec.csi.volumeHandle: Required value'],
  },
]

for (const { name, spec, expected } of volumeRows)
  t.test(`volume: ${name}`, async (t) => {
    t.strictSame(faults(persistentVolumes, { spec: { ...volume, ...spec } }), expected)
  })

t.test('a volume', async (t) => {
  const spec = { ...volume, claimRef: { namespace: 'shop', name: 'data' }, storageClassName: 'fast' }
  t.match(row(persistentVolumes, created(persistentVolumes, { spec }), noon), {
    Capacity: '1Gi',
    'Access Modes': 'RWO',
    'Reclaim Policy': 'Retain',
    Status: 'Pending',
    Claim: 'shop/data',
    StorageClass: 'fast',
    VolumeMode: 'Filesystem',
  })
  t.strictSame(
    updateFaults(persistentVolumes, { from: { spec }, to: { spec: { ...spec, hostPath: { path: '/other' } } } }),
    ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
  )
})

const onZone = (key: string, value = 'a') => ({
  ...volume,
  nodeAffinity: {
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] },
  },
})
const beta = 'failure-domain.beta.kubernetes.io/zone'
const stable = 'topology.kubernetes.io/zone'

for (const { name, from, to, fixed } of [
  { name: 'is given where there was none', from: volume, to: onZone(stable), fixed: false },
  { name: 'calls its label by the stable name', from: onZone(beta), to: onZone(stable), fixed: false },
  { name: 'calls its label by the beta name', from: onZone(stable), to: onZone(beta), fixed: true },
  { name: 'wants another zone', from: onZone(stable), to: onZone(stable, 'b'), fixed: true },
  { name: 'goes', from: onZone(stable), to: volume, fixed: true },
])
  t.test(`a volume's affinity ${name}`, async (t) => {
    const found = updateFaults(persistentVolumes, { from: { spec: from }, to: { spec: to } })
    if (!fixed) return t.strictSame(found, [])
    t.equal(found.length, 1)
    t.match(
      found[0],
      /^nodeAffinity: Invalid value: .*: field is immutable, except for updating from beta label to GA$/,
    )
  })

const quotaRows = [
  {
    name: 'counts and amounts',
    spec: { hard: { pods: '10', 'requests.cpu': '4', 'count/deployments.apps': '3' } },
    expected: [],
  },
  {
    name: 'what nobody counts',
    spec: { hard: { wishes: '3' } },
    expected: [
      'spec.hard[wishes]: Invalid value: "wishes": must be a standard resource type or fully qualified',
      'spec.hard[wishes]: Invalid value: "wishes": must be a standard resource for quota',
    ],
  },
  {
    name: 'a scope that nobody knows',
    spec: { scopes: ['Happy'] },
    expected: ['spec.scopes: Invalid value: ["Happy"]: unsupported scope'],
  },
  {
    name: 'a selected scope that nobody knows',
    spec: { scopeSelector: { matchExpressions: [{ scopeName: 'Happy', operator: 'Exists' }] } },
    expected: ['spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Happy": unsupported scope'],
  },
  {
    name: 'half a pod',
    spec: { hard: { pods: '500m' } },
    expected: ['spec.hard[pods]: Invalid value: "500m": must be an integer'],
  },
  {
    name: 'scopes that exclude each other',
    spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] },
    expected: ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  },
  {
    name: 'amounts of those that ask for none',
    spec: { hard: { cpu: '1' }, scopes: ['BestEffort'] },
    expected: ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  },
]

for (const { name, spec, expected } of quotaRows)
  t.test(`quota: ${name}`, async (t) => {
    t.strictSame(faults(resourceQuotas, { spec }), expected)
  })

t.test('a quota tells what is used', async (t) => {
  const quota = created(resourceQuotas, { spec: {} })
  quota.status = {
    hard: { pods: '10', 'limits.cpu': '4', 'requests.cpu': '2' },
    used: { pods: '3', 'limits.cpu': '1500m' },
  }
  t.match(row(resourceQuotas, quota, noon), { Request: 'pods: 3/10, requests.cpu: 0/2', Limit: 'limits.cpu: 1500m/4' })
})

t.test('a limit range fills in a container’s limits', async (t) => {
  const range = created(limitRanges, {
    spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m', memory: '1Mi' } }] },
  })
  t.match(range.spec.limits[0], { default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } })
})

const rangeRows = [
  {
    name: 'least above most',
    limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }],
    expected: ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  },
  {
    name: 'defaults for whole pods',
    limits: [{ type: 'Pod', default: { cpu: '1' } }],
    expected: ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  },
  {
    name: 'one type twice',
    limits: [{ type: 'Pod' }, { type: 'Pod' }],
    expected: ['spec.limits[1].type: Duplicate value: "Pod"'],
  },
  {
    name: 'a ratio below one',
    limits: [{ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }],
    expected: ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
  },
]

for (const { name, limits, expected } of rangeRows)
  t.test(`limit range: ${name}`, async (t) => {
    t.strictSame(faults(limitRanges, { spec: { limits } }), expected)
  })

t.test('a pod is bound to a node', async (t) => {
  t.strictSame(faults(bindings, { target: { kind: 'Node', name: 'n1' } }), [])
  t.strictSame(faults(bindings, { target: { kind: 'Pod' } }), [
    'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    'target.name: Required value',
  ])
})

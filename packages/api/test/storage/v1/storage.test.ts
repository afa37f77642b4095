import t from 'tap'
import { csiDrivers } from '../../../src/storage/v1/csidriver.ts'
import { csiNodes } from '../../../src/storage/v1/csinode.ts'
import { csiStorageCapacities } from '../../../src/storage/v1/csistoragecapacity.ts'
import { storageClasses } from '../../../src/storage/v1/storageclass.ts'
import { volumeAttachments } from '../../../src/storage/v1/volumeattachment.ts'
import { volumeAttributesClasses } from '../../../src/storage/v1/volumeattributesclass.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const provisioner = 'example.com/disk'

t.test('a storage class', async (t) => {
  t.match(created(storageClasses, { provisioner }), { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
  t.strictSame(faults(storageClasses, { provisioner }), [])
  t.strictSame(faults(storageClasses, { reclaimPolicy: 'Recycle' }), [
    'provisioner: Required value',
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ])
  const to = { provisioner, parameters: { type: 'ssd' }, volumeBindingMode: 'WaitForFirstConsumer' }
  t.strictSame(updateFaults(storageClasses, { from: { provisioner }, to }), [
    'parameters: Invalid value: {"type":"ssd"}: field is immutable',
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ])
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  t.strictSame(row(storageClasses, created(storageClasses, { provisioner, metadata: { annotations } }), noon), {
    Name: 'web (default)',
    Provisioner: provisioner,
    ReclaimPolicy: 'Delete',
    VolumeBindingMode: 'Immediate',
    AllowVolumeExpansion: false,
    Age: '10m',
  })
})

t.test('a driver', async (t) => {
  t.match(created(csiDrivers, {}).spec, {
    attachRequired: true,
    podInfoOnMount: false,
    volumeLifecycleModes: ['Persistent'],
  })
  t.strictSame(faults(csiDrivers, { spec: { tokenRequests: [{}, {}, { audience: 'a', expirationSeconds: 1 }] } }), [
    'spec.tokenRequests[1].audience: Duplicate value: ""',
    'spec.tokenRequests[2].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  ])
})

t.test('a node of drivers', async (t) => {
  const driver = { name: 'example.com', nodeID: 'a', topologyKeys: ['zone'] }
  t.strictSame(faults(csiNodes, { spec: { drivers: [driver, driver] } }), [
    'spec.drivers[1].name: Duplicate value: "example.com"',
  ])
  const to = { spec: { drivers: [{ ...driver, allocatable: { count: 3 } }] } }
  t.strictSame(updateFaults(csiNodes, { from: { spec: { drivers: [driver] } }, to }), [], 'it may attach more')
  const moved = { spec: { drivers: [{ ...driver, nodeID: 'b' }] } }
  t.strictSame(updateFaults(csiNodes, { from: { spec: { drivers: [driver] } }, to: moved }), [
    'spec.drivers: Invalid value: {"name":"example.com","nodeID":"b","topologyKeys":["zone"]}: field is immutable',
  ])
})

t.test('an attachment', async (t) => {
  const spec = { attacher: 'example.com', nodeName: 'node-1', source: { persistentVolumeName: 'pv' } }
  t.strictSame(faults(volumeAttachments, { spec }), [])
  t.strictSame(faults(volumeAttachments, { spec: { ...spec, source: {} } }), [
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ])
  t.match(updateFaults(volumeAttachments, { from: { spec }, to: { spec: { ...spec, nodeName: 'node-2' } } }), [
    /^spec: Invalid value: .*: field is immutable$/,
  ])
})

t.test('a capacity', async (t) => {
  t.strictSame(faults(csiStorageCapacities, { storageClassName: 'fast', capacity: '-1Gi' }), [
    'capacity: Invalid value: "-1Gi": must be greater than or equal to 0',
  ])
})

t.test('attributes of volumes', async (t) => {
  t.strictSame(faults(volumeAttributesClasses, { driverName: 'example.com' }), [
    'parameters: Required value: must contain at least one key/value pair',
  ])
})

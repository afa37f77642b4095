import t from 'tap'
import { controllerRevisions } from '../../../src/apps/v1/controllerrevision.ts'
import { daemonSets } from '../../../src/apps/v1/daemonset.ts'
import { replicaSets } from '../../../src/apps/v1/replicaset.ts'
import { statefulSets } from '../../../src/apps/v1/statefulset.ts'
import { created, faults, noon, row, selector, template, updateFaults } from '../../rules.ts'

const spec = { selector, template }

t.test('a replica set is one replica unless told', async (t) => {
  const object = created(replicaSets, { spec })
  t.match(object, { spec: { replicas: 1 }, status: { replicas: 0 } })
  t.strictSame(faults(replicaSets, { spec }), [])
  t.equal(replicaSets.selectableFields?.['status.replicas']?.({ ...object, status: { replicas: 4 } }), '4')
})

const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
}
const claimed = { ...spec, serviceName: 'web', volumeClaimTemplates: [claim] }

t.test('defaults of a stateful set', async (t) => {
  t.match(created(statefulSets, { spec: claimed }).spec, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        spec: { volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
  })
})

const statefulRows = [
  { name: 'good', spec: claimed, expected: [] },
  {
    name: 'a service name that is none',
    spec: { ...spec, serviceName: 'Web' },
    expected: [/^spec.serviceName: Invalid value: "Web": a lowercase RFC 1123 label/],
  },
  {
    name: 'a policy that does not exist',
    spec: { ...spec, podManagementPolicy: 'Random' },
    expected: [/^spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'$/],
  },
  {
    name: 'OnDelete that rolls',
    spec: { ...spec, updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    expected: [
      /^spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'$/,
    ],
  },
]
for (const { name, spec, expected } of statefulRows)
  t.test(`a stateful set: ${name}`, async (t) => {
    const found = faults(statefulSets, { spec })
    t.match(found, expected)
    t.equal(found.length, expected.length)
  })

t.test('of a stateful set little may change', async (t) => {
  const grown = { spec: { ...claimed, replicas: 5 } }
  t.strictSame(updateFaults(statefulSets, { from: { spec: claimed }, to: grown }), [])
  const renamed = { spec: { ...claimed, serviceName: 'other' } }
  t.strictSame(updateFaults(statefulSets, { from: { spec: claimed }, to: renamed }), [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ])
})

t.test('defaults of a daemon set, and its template generation', async (t) => {
  const object = created(daemonSets, { spec })
  t.match(object, {
    metadata: { annotations: { 'deprecated.daemonset.template.generation': '1' } },
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
  })
  const same = structuredClone(object)
  daemonSets.prepareForUpdate?.(same, object)
  t.equal(same.metadata.annotations?.['deprecated.daemonset.template.generation'], '1')
  const changed = structuredClone(object)
  changed.spec.template.spec = { containers: [{ name: 'web', image: 'nginx:1.28' }] }
  daemonSets.prepareForUpdate?.(changed, object)
  t.equal(changed.metadata.annotations?.['deprecated.daemonset.template.generation'], '2')
})

t.test('a daemon set either surges or goes without', async (t) => {
  const both = { ...spec, updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }
  t.strictSame(faults(daemonSets, { spec: both }), [
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ])
  const neither = { ...spec, updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }
  t.strictSame(faults(daemonSets, { spec: neither }), [
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ])
})

t.test('the row of a daemon set', async (t) => {
  const object = created(daemonSets, { spec })
  object.status = { currentNumberScheduled: 2, desiredNumberScheduled: 3, numberMisscheduled: 0, numberReady: 1 }
  t.strictSame(row(daemonSets, object, noon), {
    Name: 'web',
    Desired: 3,
    Current: 2,
    Ready: 1,
    'Up-to-date': 0,
    Available: 0,
    'Node Selector': '<none>',
    Age: '10m',
    Containers: 'web',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  })
})

t.test('a controller revision keeps what it was given', async (t) => {
  t.strictSame(faults(controllerRevisions, { revision: 1 }), ['data: Required value: data is mandatory'])
  t.strictSame(faults(controllerRevisions, { revision: -1, data: {} }), [
    'revision: Invalid value: -1: must be greater than or equal to 0',
  ])
  t.strictSame(
    updateFaults(controllerRevisions, { from: { revision: 1, data: { a: 1 } }, to: { revision: 2, data: { a: 2 } } }),
    ['data: Invalid value: {"a":2}: field is immutable'],
  )
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }
  const object = created(controllerRevisions, { revision: 7, data: {}, metadata: { ownerReferences: [owner] } })
  t.match(row(controllerRevisions, object, noon), { Controller: 'statefulset.apps/web', Revision: 7 })
})

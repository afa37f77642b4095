import t from 'tap'
import { persistentVolumes } from '../../../src/core/v1/persistentvolume.ts'
import { volumeAttachments } from '../../../src/storage/v1/volumeattachment.ts'
import { faults } from '../../rules.ts'

const capacity = { storage: '1Gi' }
const accessModes = ['ReadWriteOnce']
const hostPath = { path: '/a' }
const rows = [
  {
    name: 'flocker, by two names',
    source: { flocker: { datasetName: 'a/b', datasetUUID: 'c' } },
    expected: [
      'spec.flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
      'spec.flocker.datasetName: Invalid value: "a/b": must not contain \'/\'',
    ],
  },
  {
    name: 'quobyte without a port',
    source: { quobyte: { registry: 'a:1,b', volume: 'c' } },
    expected: [
      'spec.quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas',
    ],
  },
  {
    name: "options of Kubernetes' own",
    source: { flexVolume: { driver: 'a/b', options: { 'x.k8s.io/y': 'z' } } },
    expected: [
      'spec.flexVolume.options[x.k8s.io/y]: Invalid value: "x.k8s.io/y": kubernetes.io and k8s.io namespaces are reserved',
    ],
  },
  {
    name: 'a managed disk that is none',
    source: { azureDisk: { diskName: 'a', diskURI: 'https://x', kind: 'Managed' } },
    expected: [
      'spec.azureDisk.diskURI: Unsupported value: "https://x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
    ],
  },
  {
    name: 'a disk without a name',
    source: { gcePersistentDisk: {} },
    expected: ['spec.persistentDisk.pdName: Required value'],
  },
  {
    name: 'two sources',
    source: { hostPath, cephfs: { monitors: ['a'] } },
    expected: ['spec.cephFS: Forbidden: may not specify more than 1 volume type'],
  },
  { name: 'a driver of old beside another', source: { hostPath, flexVolume: { driver: 'a/b' } }, expected: [] },
]
for (const { name, source, expected } of rows)
  t.test(name, async (t) =>
    t.strictSame(faults(persistentVolumes, { spec: { capacity, accessModes, ...source } }), expected),
  )

t.test('a volume that stands in an attachment', async (t) => {
  const spec = (inlineVolumeSpec: object) => ({ attacher: 'a.b', nodeName: 'n1', source: { inlineVolumeSpec } })
  const csi = { driver: 'a.b', volumeHandle: 'x' }
  t.strictSame(faults(volumeAttachments, { spec: spec({ accessModes, csi }) }), [])
  const at = 'spec.source.inlineVolumeSpec'
  t.strictSame(faults(volumeAttachments, { spec: spec({ accessModes, capacity, hostPath }) }), [
    `${at}.capacity: Forbidden: may not be specified in the context of inline volumes`,
    `${at}.csi: Required value: has to be specified in the context of inline volumes`,
  ])
})

import t from 'tap'
import { apiServices } from '../../../src/apiregistration/v1/apiservice.ts'
import { created, faults, noon, row, statusFaults } from '../../rules.ts'

const metadata = { name: 'v1beta1.metrics.k8s.io' }
const spec = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  groupPriorityMinimum: 100,
  versionPriority: 100,
  service: { namespace: 'kube-system', name: 'metrics' },
}

const rows = [
  { name: 'good', change: {}, expected: [] },
  {
    name: 'under another name',
    change: { version: 'v1' },
    expected: [
      'metadata.name: Invalid value: "v1beta1.metrics.k8s.io": must be `spec.version+"."+spec.group`: "v1.metrics.k8s.io"',
    ],
  },
  {
    name: 'out of bounds',
    change: { groupPriorityMinimum: 20001, versionPriority: 0 },
    expected: [
      'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
    ],
  },
  {
    name: 'trusting everybody, and one',
    change: { insecureSkipTLSVerify: true, caBundle: 'YQ==' },
    expected: ['spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'],
  },
  {
    name: 'local, with a bundle',
    change: { service: undefined, caBundle: 'YWI=' },
    expected: ['spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle'],
  },
  {
    name: 'of a service without a name',
    change: { service: { namespace: 'a', port: 0 } },
    expected: [
      'spec.service.name: Required value',
      'spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ],
  },
]
for (const { name, change, expected } of rows)
  t.test(name, async (t) => t.strictSame(faults(apiServices, { metadata, spec: { ...spec, ...change } }), expected))

t.test('rows', async (t) => {
  const remote = created(apiServices, { metadata, spec })
  t.match(row(apiServices, remote, noon), { Service: 'kube-system/metrics', Available: 'Unknown' })
  remote.status = { conditions: [{ type: 'Available', status: 'False', reason: 'ServiceNotFound' }] }
  t.match(row(apiServices, remote, noon), { Available: 'False (ServiceNotFound)' })
  const local = created(apiServices, { metadata, spec: { ...spec, service: undefined } })
  t.match(row(apiServices, local, noon), { Service: 'Local', Available: 'True' })
})

t.test('a condition is true, false or unknown', async (t) => {
  const to = { conditions: [{ type: 'Available', status: 'Maybe' }] }
  t.strictSame(statusFaults(apiServices, { spec: { metadata, spec }, from: {}, to }), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ])
})

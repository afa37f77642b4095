import type { KubernetesObject } from '@tandem/apimachinery'
import t from 'tap'
import { portable } from '../../src/model/portable.ts'

const meta = {
  name: 'app',
  namespace: 'default',
  uid: '1',
  resourceVersion: '5',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
  managedFields: [{ manager: 'kubectl' }],
}

const rows: { name: string; object: Record<string, unknown>; expected: Record<string, unknown> }[] = [
  {
    name: 'what a server fills in is left out',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...meta, labels: { a: 'b' } }, data: { x: 'y' } },
    expected: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app', namespace: 'default', labels: { a: 'b' } },
      data: { x: 'y' },
    },
  },
  {
    name: 'a cluster’s own history in annotations is left out, the user’s stay',
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        ...meta,
        annotations: {
          'deployment.kubernetes.io/revision': '4',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          team: 'blue',
        },
      },
      spec: { replicas: 2 },
      status: { replicas: 2 },
    },
    expected: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'app', namespace: 'default', annotations: { team: 'blue' } },
      spec: { replicas: 2 },
    },
  },
  {
    name: 'addresses and node ports of a Service are each cluster’s own',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...meta, finalizers: ['service.kubernetes.io/load-balancer-cleanup'] },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.97.3.4',
        clusterIPs: ['10.97.3.4'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ port: 80, nodePort: 31000 }],
      },
      status: { loadBalancer: {} },
    },
    expected: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'app', namespace: 'default' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    },
  },
  {
    name: 'a headless Service stays headless',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta,
      spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [] },
    },
    expected: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'app', namespace: 'default' },
      spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [] },
    },
  },
  {
    name: 'a claim is bound anew',
    object: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...meta, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' }, finalizers: ['x/y'] },
      spec: { volumeName: 'pv-1', accessModes: ['ReadWriteOnce'] },
    },
    expected: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'app', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'] },
    },
  },
  {
    name: 'a token of the source does not leave it',
    object: {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        ...meta,
        annotations: { 'kubernetes.io/service-account.name': 'app', 'kubernetes.io/service-account.uid': 'u' },
      },
      data: { token: 'dA==', 'ca.crt': 'Yw==', namespace: 'ZA==' },
    },
    expected: {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'app', namespace: 'default', annotations: { 'kubernetes.io/service-account.name': 'app' } },
    },
  },
  {
    name: 'a Job’s generated selector and labels are made anew',
    object: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: meta,
      spec: {
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
        template: { metadata: { labels: { 'controller-uid': 'u', 'job-name': 'app', tier: 'x' } } },
      },
    },
    expected: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'app', namespace: 'default' },
      spec: { template: { metadata: { labels: { tier: 'x' } } } },
    },
  },
]

for (const { name, object, expected } of rows) {
  t.test(name, (t) => {
    const before = structuredClone(object)
    t.same(portable(object as unknown as KubernetesObject), expected)
    t.same(object, before, 'the object itself is not changed')
    t.end()
  })
}

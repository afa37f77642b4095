export type Json = Record<string, unknown>

export interface Sample {
  /** Of the collection. */
  path: string
  schema: string
  object: Json
}

const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'registry.example/web:1',
        ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
        env: [
          { name: 'A', value: 'b' },
          { name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '1' } },
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'zone',
            labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] },
          },
        ],
      },
    },
  },
}
const selector = { matchLabels: { app: 'web' } }
const namespaced = '/namespaces/default'

/** One sound object of kinds that are unlike each other. */
export const samples: readonly Sample[] = [
  {
    path: `/api/v1${namespaced}/configmaps`,
    schema: 'io.k8s.api.core.v1.ConfigMap',
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { a: 'b' },
      binaryData: { c: 'AAEC' },
    },
  },
  {
    path: `/api/v1${namespaced}/secrets`,
    schema: 'io.k8s.api.core.v1.Secret',
    object: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      type: 'Opaque',
      data: { a: 'AAEC' },
      stringData: { b: 'c' },
    },
  },
  {
    path: `/api/v1${namespaced}/services`,
    schema: 'io.k8s.api.core.v1.Service',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: {
        selector: { app: 'web' },
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
    },
  },
  {
    path: `/api/v1${namespaced}/podtemplates`,
    schema: 'io.k8s.api.core.v1.PodTemplate',
    object: { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 't' }, template },
  },
  {
    path: `/apis/apps/v1${namespaced}/deployments`,
    schema: 'io.k8s.api.apps.v1.Deployment',
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' }, annotations: { note: 'x' } },
      spec: { replicas: 2, selector, template, strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } } },
    },
  },
  {
    path: `/apis/batch/v1${namespaced}/cronjobs`,
    schema: 'io.k8s.api.batch.v1.CronJob',
    object: {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'j' },
      spec: {
        schedule: '*/5 * * * *',
        timeZone: 'Etc/UTC',
        jobTemplate: { spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
      },
    },
  },
  {
    path: `/apis/autoscaling/v2${namespaced}/horizontalpodautoscalers`,
    schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
    object: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
      },
    },
  },
  {
    path: `/apis/networking.k8s.io/v1${namespaced}/networkpolicies`,
    schema: 'io.k8s.api.networking.v1.NetworkPolicy',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'n' },
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80, endPort: 90 }] },
        ],
      },
    },
  },
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    schema: 'io.k8s.api.rbac.v1.ClusterRole',
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    },
  },
  {
    path: `/apis/coordination.k8s.io/v1${namespaced}/leases`,
    schema: 'io.k8s.api.coordination.v1.Lease',
    object: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000006Z' },
    },
  },
  {
    path: `/apis/discovery.k8s.io/v1${namespaced}/endpointslices`,
    schema: 'io.k8s.api.discovery.v1.EndpointSlice',
    object: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'e' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80 }],
    },
  },
  {
    path: '/api/v1/nodes',
    schema: 'io.k8s.api.core.v1.Node',
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n' },
      spec: { podCIDR: '10.0.0.0/24', taints: [{ key: 'a', effect: 'NoSchedule' }] },
      status: { capacity: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] },
    },
  },
]

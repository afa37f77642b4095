import t from 'tap'
import { pods } from '../../../../src/core/v1/pod.ts'
import type { Pod } from '../../../../src/core/v1/types.ts'
import { created, faults, statusFaults, updateFaults } from '../../../rules.ts'

const web = { name: 'web', image: 'nginx:1.27' }
const spec = { containers: [web] }

t.test('defaults', async (t) => {
  const pod = created(pods, { spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] } })
  t.strictSame(pod.spec, {
    containers: [
      {
        name: 'web',
        image: 'nginx',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    ],
    enableServiceLinks: true,
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  })
  t.strictSame(pod.status, { phase: 'Pending', qosClass: 'BestEffort' })
})

t.test('defaults of parts', async (t) => {
  const probe = { httpGet: { port: 80 } }
  const pod = created(pods, {
    spec: {
      hostNetwork: true,
      serviceAccount: 'old',
      containers: [
        {
          ...web,
          ports: [{ containerPort: 80 }],
          livenessProbe: probe,
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } },
          env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        },
      ],
      volumes: [
        { name: 'none' },
        { name: 'secret', secret: { secretName: 's' } },
        { name: 'host', hostPath: { path: '/tmp' } },
        { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      ],
    },
  })
  t.match(pod.spec.containers[0], {
    ports: [{ containerPort: 80, hostPort: 80 }],
    livenessProbe: {
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    resources: { requests: { cpu: '100m', memory: '1Gi' } },
    env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }],
  })
  t.match(pod.spec, { serviceAccount: 'old', serviceAccountName: 'old' })
  t.match(pod.spec.volumes, [
    { emptyDir: {} },
    { secret: { defaultMode: 0o644 } },
    { hostPath: { type: '' } },
    { projected: { defaultMode: 0o644, sources: [{ serviceAccountToken: { expirationSeconds: 3600 } }] } },
  ])
})

t.test('a pod limited as a whole requests as much, unless its containers say', async (t) => {
  const whole = { limits: { cpu: '2', memory: '1Gi' } }
  const own = { containers: [{ ...web, resources: { requests: { cpu: '500m' } } }], resources: whole }
  t.strictSame(created(pods, { spec: own }).spec.resources?.requests, { cpu: '500m', memory: '1Gi' })
})

t.test('preparation', async (t) => {
  const gated = created(pods, { spec: { ...spec, schedulingGates: [{ name: 'wait' }] }, status: { phase: 'Running' } })
  t.match(gated.status, { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] })
  const term = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } }
  const keyed = created(pods, {
    metadata: { labels: { version: '7' } },
    spec: {
      ...spec,
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, matchLabelKeys: ['version', 'none'] }],
        },
      },
    },
  })
  t.strictSame(
    keyed.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector
      ?.matchExpressions,
    [{ key: 'version', operator: 'In', values: ['7'] }],
  )
})

t.test('how long a deletion takes', async (t) => {
  const pod = created(pods, { spec: { ...spec, nodeName: 'n1' } })
  const grace = (requested: number | undefined, more: Partial<Pod> = {}) =>
    pods.gracePeriodSeconds?.({ ...pod, ...more }, requested)
  t.equal(grace(undefined), 30)
  t.equal(grace(5), 5)
  t.equal(grace(0), 0)
  t.equal(grace(-3), 1, 'negative ones count as one second')
  t.equal(grace(undefined, { spec: { ...pod.spec, nodeName: '' } }), 0, 'no node has it')
  t.equal(grace(undefined, { status: { phase: 'Failed' } }), 0, 'it has ended')
})

const updateRows = [
  { name: 'nothing', to: spec, expected: [] },
  { name: 'another image', to: { containers: [{ ...web, image: 'nginx:1.28' }] }, expected: [] },
  {
    name: 'no image',
    to: { containers: [{ ...web, image: '' }] },
    expected: ['spec.containers[0].image: Required value', 'spec.containers[0].image: Required value'],
  },
  {
    name: 'another container',
    to: { containers: [web, { name: 'b', image: 'b:1' }] },
    expected: ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  },
  { name: 'a deadline', to: { ...spec, activeDeadlineSeconds: 60 }, expected: [] },
  {
    name: 'a later deadline',
    from: { ...spec, activeDeadlineSeconds: 60 },
    to: { ...spec, activeDeadlineSeconds: 61 },
    expected: ['spec.activeDeadlineSeconds: Invalid value: 61: must be less than or equal to previous value'],
  },
  {
    name: 'no deadline any more',
    from: { ...spec, activeDeadlineSeconds: 60 },
    to: spec,
    expected: ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  },
  {
    name: 'one more toleration',
    from: { ...spec, tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] },
    to: {
      ...spec,
      tolerations: [
        { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 },
        { key: 'b', operator: 'Exists' },
      ],
    },
    expected: [],
  },
  {
    name: 'a toleration less',
    from: { ...spec, tolerations: [{ key: 'a', operator: 'Exists' }] },
    to: spec,
    expected: ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  },
  {
    name: 'a gate opened',
    from: { ...spec, schedulingGates: [{ name: 'a' }, { name: 'b' }] },
    to: { ...spec, schedulingGates: [{ name: 'b' }] },
    expected: [],
  },
  {
    name: 'a gate added',
    to: { ...spec, schedulingGates: [{ name: 'a' }] },
    expected: ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
  },
  {
    name: 'a selector, while gated',
    from: { ...spec, schedulingGates: [{ name: 'a' }], nodeSelector: { disk: 'ssd' } },
    to: { ...spec, schedulingGates: [{ name: 'a' }], nodeSelector: { disk: 'ssd', zone: 'a' } },
    expected: [],
  },
  {
    name: 'another selector, while gated',
    from: { ...spec, schedulingGates: [{ name: 'a' }], nodeSelector: { disk: 'ssd' } },
    to: { ...spec, schedulingGates: [{ name: 'a' }], nodeSelector: { disk: 'hdd' } },
    expected: [
      'spec.nodeSelector: Invalid value: {"disk":"hdd"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  },
  {
    name: 'a negative grace period put right',
    from: { ...spec, terminationGracePeriodSeconds: -1 },
    to: { ...spec, terminationGracePeriodSeconds: 1 },
    expected: [],
  },
  {
    name: 'anything else',
    to: { ...spec, hostname: 'other' },
    expected: [
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n+ hostname: "other"',
    ],
  },
]

for (const { name, from = spec, to, expected } of updateRows)
  t.test(`update: ${name}`, async (t) => {
    t.strictSame(updateFaults(pods, { from: { spec: from }, to: { spec: to } }), expected)
  })

const ended = { containerStatuses: [{ name: 'web', state: { terminated: { exitCode: 1 } } }] }
const again = { containerStatuses: [{ name: 'web', state: { running: {} } }] }
const statusRows = [
  { name: 'a restart', spec, from: ended, to: again, expected: [] },
  {
    name: 'a restart of what is never restarted',
    spec: { ...spec, restartPolicy: 'Never' },
    from: ended,
    to: again,
    expected: ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  },
  {
    name: 'another QoS class',
    spec,
    from: { qosClass: 'BestEffort' },
    to: { qosClass: 'Burstable' },
    expected: ['status.qosClass: Invalid value: "Burstable": field is immutable'],
  },
  {
    name: 'two addresses of one family',
    spec,
    from: {},
    to: { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
    expected: [
      'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ],
  },
]

for (const { name, spec, from, to, expected } of statusRows)
  t.test(`status: ${name}`, async (t) => {
    t.strictSame(statusFaults(pods, { spec: { spec }, from, to }), expected)
  })

t.test('a status update leaves the rest alone', async (t) => {
  const old = created(pods, { spec })
  old.status = {
    ...old.status,
    observedGeneration: 3,
    conditions: [{ type: 'Ready', status: 'True', observedGeneration: 3 }],
  }
  const next = structuredClone(old)
  next.spec.hostname = 'other'
  next.status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] }
  pods.prepareForStatusUpdate?.(next, old)
  t.equal(next.spec.hostname, undefined)
  t.strictSame(next.status, {
    phase: 'Running',
    qosClass: 'BestEffort',
    observedGeneration: 3,
    conditions: [{ type: 'Ready', status: 'False', observedGeneration: 3 }],
  })
})

t.test('ephemeral containers come later', async (t) => {
  t.strictSame(faults(pods, { spec: { ...spec, ephemeralContainers: [{ name: 'look', image: 'busybox:1' }] } }), [
    'spec.ephemeralContainers: Forbidden: cannot be set on create',
  ])
})

t.test('what can be selected by', async (t) => {
  const pod = created(pods, { spec: { ...spec, nodeName: 'n1', hostNetwork: true } })
  const values = Object.entries(pods.selectableFields ?? {}).map(([field, value]) => `${field}=${value(pod)}`)
  t.strictSame(values, [
    'spec.nodeName=n1',
    'spec.restartPolicy=Always',
    'spec.schedulerName=default-scheduler',
    'spec.serviceAccountName=',
    'spec.hostNetwork=true',
    'status.phase=Pending',
    'status.podIP=',
    'status.podIPs=',
    'status.nominatedNodeName=',
  ])
})

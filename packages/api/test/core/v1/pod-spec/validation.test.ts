import t from 'tap'
import { pods } from '../../../../src/core/v1/pod.ts'
import { faults } from '../../../rules.ts'

const web = { name: 'web', image: 'nginx:1.27' }

interface Row {
  name: string
  /** Added to the one container, or to the spec. */
  container?: object
  spec?: object
  metadata?: object
  expected?: string[]
}

const at = 'spec.containers[0]'
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const containers: Row[] = [
  { name: 'a good one' },
  { name: 'none', spec: { containers: [] }, expected: ['spec.containers: Required value'] },
  { name: 'no name', container: { name: '' }, expected: [`${at}.name: Required value`] },
  { name: 'a bad name', container: { name: 'Web' }, expected: [`${at}.name: Invalid value: "Web": ${label}`] },
  { name: 'no image', container: { image: '' }, expected: [`${at}.image: Required value`] },
  {
    name: 'blanks around the image',
    container: { image: ' nginx' },
    expected: [`${at}.image: Invalid value: " nginx": must not have leading or trailing whitespace`],
  },
  {
    name: 'two of one name',
    spec: { containers: [web, web] },
    expected: ['spec.containers[1].name: Duplicate value: "web"'],
  },
  {
    name: 'an unknown pull policy',
    container: { imagePullPolicy: 'Sometimes' },
    expected: [
      `${at}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
    ],
  },
  {
    name: 'an unknown message policy',
    container: { terminationMessagePolicy: 'Mail' },
    expected: [
      `${at}.terminationMessagePolicy: Unsupported value: "Mail": supported values: "File", "FallbackToLogsOnError"`,
    ],
  },
  {
    name: 'rules without a policy',
    container: { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] },
    expected: [`${at}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`],
  },
]

const ports: Row[] = [
  {
    name: 'no number',
    container: { ports: [{ containerPort: 0 }] },
    expected: [`${at}.ports[0].containerPort: Required value`],
  },
  {
    name: 'a number too high',
    container: { ports: [{ containerPort: 65536 }] },
    expected: [`${at}.ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive`],
  },
  {
    name: 'an unknown protocol',
    container: { ports: [{ containerPort: 80, protocol: 'ICMP' }] },
    expected: [`${at}.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`],
  },
  {
    name: 'one host port twice',
    container: {
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 80 },
      ],
    },
    expected: [`${at}.ports[1].hostPort: Duplicate value: "TCP//80"`],
  },
  {
    name: 'one name twice',
    container: {
      ports: [
        { containerPort: 80, name: 'http' },
        { containerPort: 81, name: 'http' },
      ],
    },
    expected: [`${at}.ports[1].name: Duplicate value: "http"`],
  },
  {
    name: 'another port of the host’s network',
    container: { ports: [{ containerPort: 80, hostPort: 8080 }] },
    spec: { hostNetwork: true },
    expected: [
      `${at}.ports[0].hostPort: Invalid value: 8080: must match \`containerPort\` when \`hostNetwork\` is true`,
    ],
  },
]

const env: Row[] = [
  { name: 'no name', container: { env: [{ name: '' }] }, expected: [`${at}.env[0].name: Required value`] },
  {
    name: 'an equals sign',
    container: { env: [{ name: 'A=B' }] },
    expected: [
      `${at}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
  },
  {
    name: 'value and source',
    container: { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
    expected: [`${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  },
  {
    name: 'a source of nothing',
    container: { env: [{ name: 'A', valueFrom: {} }] },
    expected: [
      `${at}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
    ],
  },
  {
    name: 'a field that pods do not have',
    container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.magic' } } }] },
    expected: [
      `${at}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.magic": error converting fieldPath: field label not supported: spec.magic`,
    ],
  },
  {
    name: 'a field that variables may not have',
    container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }] },
    expected: [
      `${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
    ],
  },
  {
    name: 'one label',
    container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }] },
  },
  {
    name: 'a divisor that does not fit',
    container: { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1Mi' } } }] },
    expected: [
      `${at}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
  },
  {
    name: 'a key of a secret left out',
    container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: '' } } }] },
    expected: [`${at}.env[0].valueFrom.secretKeyRef.key: Required value`],
  },
  {
    name: 'all of nothing',
    container: { envFrom: [{ prefix: 'X_' }] },
    expected: [`${at}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
  },
]

const resources: Row[] = [
  {
    name: 'more requested than allowed',
    container: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
    expected: [`${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
  },
  {
    name: 'less than nothing',
    container: { resources: { requests: { cpu: '-1' } } },
    expected: [`${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`],
  },
  {
    name: 'what pods do not use',
    container: { resources: { requests: { pods: '1' } } },
    expected: [`${at}.resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers`],
  },
  {
    name: 'a name of no group',
    container: { resources: { limits: { gpu: '1' } } },
    expected: [
      `${at}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${at}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
      `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
    ],
  },
  { name: 'a device', container: { resources: { limits: { 'example.com/gpu': '1' } } } },
  {
    name: 'half a device',
    container: { resources: { limits: { 'example.com/gpu': '500m' } } },
    expected: [
      `${at}.resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
      `${at}.resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
    ],
  },
  {
    name: 'a device without a limit',
    container: { resources: { requests: { 'example.com/gpu': '1' } } },
    expected: [`${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`],
  },
  {
    name: 'huge pages alone',
    container: { resources: { limits: { 'hugepages-2Mi': '4Mi' } } },
    expected: [`${at}.resources: Forbidden: HugePages require cpu or memory`],
  },
  {
    name: 'half a huge page',
    container: { resources: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } } },
    expected: [
      `${at}.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
      `${at}.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    ],
  },
  {
    name: 'a pod with less than its containers',
    container: { resources: { requests: { cpu: '2' } } },
    spec: { resources: { requests: { cpu: '1' } } },
    expected: [
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
  },
]

const probes: Row[] = [
  {
    name: 'no way to probe',
    container: { livenessProbe: {} },
    expected: [`${at}.livenessProbe: Required value: must specify a handler type`],
  },
  {
    name: 'two ways',
    container: { readinessProbe: { exec: { command: ['true'] }, tcpSocket: { port: 80 } } },
    expected: [`${at}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
  },
  {
    name: 'liveness that must succeed twice',
    container: { livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } },
    expected: [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  },
  {
    name: 'a port of no name and no number',
    container: { startupProbe: { httpGet: { port: '' } } },
    expected: [
      `${at}.startupProbe.httpGet.port: Invalid value: "": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${at}.startupProbe.httpGet.port: Invalid value: "": must contain at least one letter (a-z)`,
    ],
  },
  {
    name: 'no time at all',
    container: { livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: -1 } },
    expected: [`${at}.livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`],
  },
  {
    name: 'a sleep longer than the grace',
    container: { lifecycle: { preStop: { sleep: { seconds: 60 } } } },
    expected: [
      `${at}.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`,
    ],
  },
]

const volumes: Row[] = [
  {
    name: 'a mount of nothing',
    container: { volumeMounts: [{ name: 'gone', mountPath: '/x' }] },
    expected: [`${at}.volumeMounts[0].name: Not found: "gone"`],
  },
  {
    name: 'two mounts at one path',
    container: {
      volumeMounts: [
        { name: 'v', mountPath: '/x' },
        { name: 'v', mountPath: '/x' },
      ],
    },
    spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    expected: [`${at}.volumeMounts[1].mountPath: Invalid value: "/x": must be unique`],
  },
  {
    name: 'a way out of the volume',
    container: { volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '../etc' }] },
    spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    expected: [`${at}.volumeMounts.subPath: Invalid value: "../etc": must not contain '..'`],
  },
  {
    name: 'mounts that reach the host',
    container: { volumeMounts: [{ name: 'v', mountPath: '/x', mountPropagation: 'Bidirectional' }] },
    spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    expected: [
      `${at}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
    ],
  },
  {
    name: 'two of one name',
    spec: {
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
    },
    expected: ['spec.volumes[1].name: Duplicate value: "v"'],
  },
  {
    name: 'two sources',
    spec: { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
    expected: ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  },
  {
    name: 'a mode that is none',
    spec: { volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 0o1777 } }] },
    expected: [
      'spec.volumes[0].secret.defaultMode: Invalid value: 1023: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  },
  {
    name: 'a token that is gone at once',
    spec: {
      serviceAccountName: 'default',
      volumes: [
        { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 60 } }] } },
      ],
    },
    expected: [
      'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
  },
  {
    name: 'a token of nobody',
    spec: { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }] },
    expected: [
      'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
    ],
  },
  {
    name: 'files that meet',
    spec: {
      volumes: [
        {
          name: 'v',
          projected: {
            sources: [
              { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } },
              { configMap: { name: 'c', items: [{ key: 'b', path: 'x' }] } },
            ],
          },
        },
      ],
    },
    expected: ['spec.volumes[0].projected: Invalid value: "c": conflicting duplicate paths'],
  },
]

const podRows: Row[] = [
  {
    name: 'an unknown restart policy',
    spec: { restartPolicy: 'Once' },
    expected: ['spec.restartPolicy: Unsupported value: "Once": supported values: "Always", "OnFailure", "Never"'],
  },
  {
    name: 'names of its own without servers',
    spec: { dnsPolicy: 'None' },
    expected: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  },
  {
    name: 'more name servers than libc takes',
    spec: { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
    expected: [
      'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
    ],
  },
  {
    name: 'a deadline of nothing',
    spec: { activeDeadlineSeconds: 0 },
    expected: ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  },
  {
    name: 'a toleration of no key',
    spec: { tolerations: [{ operator: 'Equal', value: 'x' }] },
    expected: [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means \\"match all values and all keys\\"'.replaceAll(
        '\\',
        '',
      ),
    ],
  },
  {
    name: 'seconds of another effect',
    spec: { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 3 }] },
    expected: [
      'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  },
  {
    name: 'a weight out of range',
    spec: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
          ],
        },
      },
    },
    expected: [
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
    ],
  },
  {
    name: 'a spread over nothing',
    spec: { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'DoNotSchedule' }] },
    expected: [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
    ],
  },
  {
    name: 'a node before the gates are open',
    spec: { nodeName: 'n1', schedulingGates: [{ name: 'wait' }] },
    expected: ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  },
  {
    name: 'an init container that is probed',
    spec: { initContainers: [{ ...web, name: 'i', livenessProbe: { tcpSocket: { port: 80 } } }] },
    expected: [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  },
  {
    name: 'a sidecar that is probed',
    spec: {
      initContainers: [{ ...web, name: 'i', restartPolicy: 'Always', livenessProbe: { tcpSocket: { port: 80 } } }],
    },
  },
  {
    name: 'privileges given and taken',
    container: { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
    expected: [
      `${at}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
    ],
  },
  {
    name: 'a user below zero',
    spec: { securityContext: { runAsUser: -1 } },
    expected: ['spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
  },
  {
    name: 'a seccomp profile of no name',
    spec: { securityContext: { seccompProfile: { type: 'Localhost' } } },
    expected: [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  },
  {
    name: 'a sysctl of the host’s network',
    spec: { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } },
    expected: [
      'spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
    ],
  },
  {
    name: 'Linux settings on Windows',
    spec: { os: { name: 'windows' }, securityContext: { runAsUser: 1 } },
    expected: ['spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod'],
  },
  {
    name: 'a mirror of a pod that no node has',
    metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
    expected: [
      'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
    ],
  },
  {
    name: 'a cost that is no number',
    metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'much' } },
    expected: [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "much": must be a 32bit integer',
    ],
  },
]

for (const [group, rows] of Object.entries({ containers, ports, env, resources, probes, volumes, pods: podRows }))
  for (const { name, container = {}, spec = {}, metadata = {}, expected = [] } of rows)
    t.test(`${group}: ${name}`, async (t) => {
      const draft = { metadata, spec: { containers: [{ ...web, ...container }], ...spec } }
      t.strictSame(faults(pods, draft), expected)
    })

t.test('every fault at once', async (t) => {
  const found = faults(pods, { spec: { containers: [{ name: '', image: '' }], restartPolicy: 'x', dnsPolicy: 'y' } })
  t.equal(found.length, 4)
})

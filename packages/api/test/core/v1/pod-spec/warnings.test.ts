import t from 'tap'
import { pods } from '../../../../src/core/v1/pod.ts'
import { podSpecWarnings } from '../../../../src/core/v1/pod-spec/warnings.ts'
import { created } from '../../../rules.ts'

const web = { name: 'web', image: 'nginx:1.27' }
const at = 'spec.containers[0]'

const rows = [
  { name: 'nothing to say', spec: {}, expected: [] },
  {
    name: 'a variable that hides another',
    spec: {
      containers: [
        {
          ...web,
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        },
      ],
    },
    expected: [`${at}.env[1]: hides previous definition of "A", which may be dropped when using apply`],
  },
  {
    name: 'a variable that builds on another',
    spec: {
      containers: [
        {
          ...web,
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '$(A)2' },
          ],
        },
      ],
    },
    expected: [],
  },
  {
    name: 'one port twice',
    spec: { containers: [{ ...web, ports: [{ containerPort: 80 }, { containerPort: 80 }] }] },
    expected: [`${at}.ports[1]: duplicate port definition with ${at}.ports[0]`],
  },
  {
    name: 'part of a byte',
    spec: { containers: [{ ...web, resources: { requests: { memory: '100m' } } }] },
    expected: [`${at}.resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer`],
  },
  {
    name: 'an old label',
    spec: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    expected: ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  },
  {
    name: 'a volume of old',
    spec: { volumes: [{ name: 'v', glusterfs: { endpoints: 'e', path: 'p' } }] },
    expected: ['spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+'],
  },
  {
    name: 'files over one another',
    spec: {
      volumes: [
        {
          name: 'v',
          configMap: {
            name: 'c',
            items: [
              { key: 'a', path: 'x' },
              { key: 'b', path: 'x/y' },
            ],
          },
        },
      ],
    },
    expected: ['volume "v" (ConfigMap "c"): overlapping paths: "x/y" with "x"'],
  },
]

for (const { name, spec, expected } of rows)
  t.test(name, async (t) => {
    t.strictSame(pods.warnings?.(created(pods, { spec: { containers: [web], ...spec } })), expected)
  })

t.test('a name that is no host name', async (t) => {
  const [text] = pods.warnings?.(created(pods, { metadata: { name: 'a.b' }, spec: { containers: [web] } })) ?? []
  t.equal(
    text,
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  )
})

t.test('in a template', async (t) => {
  const template = { spec: { containers: [], imagePullSecrets: [{}] } }
  t.strictSame(podSpecWarnings('spec.template', template), [
    'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""',
  ])
  t.strictSame(podSpecWarnings('spec.template', { spec: { containers: [], terminationGracePeriodSeconds: -5 } }), [
    'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ])
})

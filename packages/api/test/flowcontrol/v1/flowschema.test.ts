import t from 'tap'
import { flowSchemas } from '../../../src/flowcontrol/v1/flowschema.ts'
import { mandatoryFlowSchemas } from '../../../src/flowcontrol/v1/mandatory.ts'
import { created, faults, row, statusFaults } from '../../rules.ts'

const subjects = [{ kind: 'User', user: { name: 'ann' } }]
const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }]
const good = { priorityLevelConfiguration: { name: 'low' }, rules: [{ subjects, resourceRules }] }
const rule = (fields: object) => ({ ...good, rules: [{ subjects, resourceRules, ...fields }] })
const subject = (fields: object) => rule({ subjects: [fields] })
const paths = (...nonResourceURLs: string[]) => rule({ nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] })
const first = 'spec.rules[0]'

const rows: { name: string; object?: string; spec: object; expected: string[] }[] = [
  { name: 'good', spec: good, expected: [] },
  {
    name: 'no level',
    spec: { ...good, priorityLevelConfiguration: { name: '' } },
    expected: ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  },
  {
    name: 'a precedence below all',
    spec: { ...good, matchingPrecedence: -1 },
    expected: ['spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
  },
  {
    name: 'a precedence above all',
    spec: { ...good, matchingPrecedence: 10_001 },
    expected: ['spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
  },
  {
    name: 'the precedence of exempt',
    spec: { ...good, matchingPrecedence: 1 },
    expected: [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
  },
  { name: 'paths', spec: paths('/', '/healthz', '/debug/*'), expected: [] },
  {
    name: 'bad paths',
    spec: paths('healthz', '/a b', '/a//b', '/a*', '/*/a'),
    expected: [
      `${first}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash`,
      `${first}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a b": must not contain white-space`,
      `${first}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash`,
      `${first}.nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a*": wildcard can only do suffix matching`,
      `${first}.nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/*/a": wildcard can only do suffix matching`,
    ],
  },
  {
    name: 'an empty rule',
    spec: { ...good, rules: [{ subjects: [] }] },
    expected: [
      `${first}.subjects: Required value: subjects must contain at least one value`,
      `${first}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
    ],
  },
  {
    name: 'a subject of two kinds',
    spec: subject({ kind: 'User', user: { name: 'ann' }, group: { name: 'staff' } }),
    expected: [`${first}.subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`],
  },
  {
    name: 'a subject of no kind',
    spec: subject({ kind: 'Robot' }),
    expected: [
      `${first}.subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`,
    ],
  },
  {
    name: 'a service account without its namespace',
    spec: subject({ kind: 'ServiceAccount', serviceAccount: { name: '*' } }),
    expected: [
      `${first}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`,
    ],
  },
  {
    name: 'nothing in a resource rule',
    spec: rule({ resourceRules: [{}] }),
    expected: [
      `${first}.resourceRules[0].verbs: Required value: verbs must contain at least one value`,
      `${first}.resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group`,
      `${first}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
      `${first}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
    ],
  },
  {
    name: 'a wildcard beside others',
    spec: rule({ resourceRules: [{ ...resourceRules[0], apiGroups: ['*', 'apps'] }] }),
    expected: [
      `${first}.resourceRules[0].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
    ],
  },
  { name: 'the fixed one', object: 'catch-all', spec: mandatoryFlowSchemas['catch-all'] ?? {}, expected: [] },
  {
    name: 'a fixed one, changed',
    object: 'catch-all',
    spec: { ...good, matchingPrecedence: 2 },
    expected: ["spec of 'catch-all' must equal the fixed value"],
  },
]
for (const { name, object = 'web', spec, expected } of rows)
  t.test(name, async (t) => {
    const found = faults(flowSchemas, { metadata: { name: object }, spec })
    t.equal(found.length, expected.length, found.join('\n'))
    for (const [index, text] of expected.entries()) t.ok(found[index]?.endsWith(text), `${found[index]} | ${text}`)
  })

t.test('defaults, status and table', async (t) => {
  const schema = created(flowSchemas, { spec: good })
  t.equal(schema.spec.matchingPrecedence, 1000)
  t.match(row(flowSchemas, schema, 0), {
    PriorityLevel: 'low',
    MatchingPrecedence: 1000,
    DistinguisherMethod: '<none>',
    MissingPL: '?',
  })
  t.same(
    statusFaults(flowSchemas, {
      spec: { spec: good },
      from: {},
      to: { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, {}] },
    }),
    ['status.conditions[1].type: Duplicate value: "Dangling"', 'status.conditions[2].type: Required value'],
  )
})

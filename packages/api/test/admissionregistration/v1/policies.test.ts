import t from 'tap'
import { mutatingAdmissionPolicies } from '../../../src/admissionregistration/v1/mutatingadmissionpolicy.ts'
import { validatingAdmissionPolicies } from '../../../src/admissionregistration/v1/validatingadmissionpolicy.ts'
import { validatingAdmissionPolicyBindings } from '../../../src/admissionregistration/v1/validatingadmissionpolicybinding.ts'
import { created, faults, noon, row, statusFaults } from '../../rules.ts'

const resourceRules = [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }]
const spec = { matchConstraints: { resourceRules }, validations: [{ expression: 'object.spec.replicas <= 5' }] }

const rows = [
  { name: 'good', change: {}, expected: [] },
  {
    name: 'variables, each upon those before it',
    change: {
      variables: [
        { name: 'replicas', expression: 'object.spec.replicas' },
        { name: 'isOdd', expression: 'variables.replicas % 2 == 1' },
      ],
      validations: [{ expression: 'variables.isOdd', messageExpression: "'got ' + string(variables.replicas)" }],
    },
    expected: [],
  },
  {
    name: 'a variable that is not there',
    change: {
      variables: [{ name: 'a', expression: 'variables.b' }],
      validations: [{ expression: 'variables.a' }],
    },
    expected: [/^spec.variables\[0\].expression: .*undefined field 'b'/],
  },
  {
    name: 'a variable that CEL has no name for',
    change: { variables: [{ name: 'for', expression: 'true' }] },
    expected: ['spec.variables[0].name: Invalid value: "for": must be a valid CEL identifier'],
  },
  {
    name: 'no constraints and nothing to check',
    change: { matchConstraints: undefined, validations: [] },
    expected: [
      'spec.matchConstraints: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    name: 'parameters without a kind for them',
    change: { validations: [{ expression: 'params.max > 1' }] },
    expected: [/undeclared reference to 'params'/],
  },
  {
    name: 'parameters',
    change: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'params.data.max != ""', reason: 'Forbidden', message: 'no\nway' }],
    },
    expected: ['spec.validations[0].message: Invalid value: "no\\nway": must not contain line breaks'],
  },
  {
    name: 'an annotation with no name of one',
    change: { auditAnnotations: [{ key: 'a b', valueExpression: "'x'" }] },
    expected: [/^spec.auditAnnotations\[0\].key: Invalid value: "web\/a b"/],
  },
  {
    name: 'an annotation that is no text',
    change: { auditAnnotations: [{ key: 'a', valueExpression: '1' }] },
    expected: [
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
    ],
  },
]
for (const { name, change, expected } of rows)
  t.test(name, async (t) => {
    const found = faults(validatingAdmissionPolicies, { spec: { ...spec, ...change } })
    t.equal(found.length, expected.length, found.join('\n'))
    t.match(found, expected)
  })

t.test('a status tells where its warnings are of', async (t) => {
  const to = { typeChecking: { expressionWarnings: [{ fieldRef: '', warning: '' }] } }
  t.strictSame(statusFaults(validatingAdmissionPolicies, { spec: { spec }, from: {}, to }), [
    'status.typeChecking.expressionWarnings[0].warning: Required value',
    'status.typeChecking.expressionWarnings[0].fieldRef: Required value',
  ])
})

const mutating = (mutation: object, change: object = {}) => ({
  spec: { matchConstraints: { resourceRules }, mutations: [mutation], reinvocationPolicy: 'Never', ...change },
})
const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
const mutations = [
  { name: 'an apply configuration', draft: mutating(apply('Object{spec: Object.spec{replicas: 2}}')), expected: [] },
  {
    name: 'a patch',
    draft: mutating({
      patchType: 'JSONPatch',
      jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/metadata/labels/a', value: 'b'}]" },
    }),
    expected: [],
  },
  {
    name: 'another thing than it says',
    draft: mutating({ ...apply('Object{}'), jsonPatch: { expression: '[]' } }),
    expected: [
      'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    ],
  },
  {
    name: 'no object',
    draft: mutating(apply('1')),
    expected: [
      'spec.mutations[0].applyConfiguration.expression: Invalid value: "1": must evaluate to Object but got int',
    ],
  },
  {
    name: 'deletions',
    draft: mutating(apply('Object{}'), {
      matchConstraints: { resourceRules: [{ ...resourceRules[0], operations: ['DELETE'] }] },
    }),
    expected: [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  },
]
for (const { name, draft, expected } of mutations)
  t.test(`a mutation: ${name}`, async (t) => t.strictSame(faults(mutatingAdmissionPolicies, draft), expected))

t.test('a binding', async (t) => {
  const good = { policyName: 'demo', validationActions: ['Deny'] }
  t.strictSame(faults(validatingAdmissionPolicyBindings, { spec: good }), [])
  t.strictSame(faults(validatingAdmissionPolicyBindings, { spec: { ...good, validationActions: ['Deny', 'Warn'] } }), [
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ])
  t.strictSame(faults(validatingAdmissionPolicyBindings, { spec: { ...good, paramRef: {} } }), [
    'spec.paramRef: Required value: one of name or selector must be specified',
    'spec.paramRef.parameterNotFoundAction: Required value',
  ])
  const paramRef = { name: 'x', parameterNotFoundAction: 'Deny' }
  const object = created(validatingAdmissionPolicyBindings, { spec: { ...good, paramRef } })
  t.strictSame(row(validatingAdmissionPolicyBindings, object, noon), {
    Name: 'web',
    PolicyName: 'demo',
    ParamRef: '*/x',
    Age: '10m',
  })
})

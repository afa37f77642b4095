import t from 'tap'
import { clusterRoles } from '../../../src/rbac/v1/clusterrole.ts'
import { clusterRoleBindings } from '../../../src/rbac/v1/clusterrolebinding.ts'
import { roles } from '../../../src/rbac/v1/role.ts'
import { roleBindings } from '../../../src/rbac/v1/rolebinding.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

const roleRows = [
  { name: 'a good rule', rules: [rule], expected: [] },
  {
    name: 'no verbs',
    rules: [{ ...rule, verbs: [] }],
    expected: ['rules[0].verbs: Required value: verbs must contain at least one value'],
  },
  {
    name: 'no resources',
    rules: [{ verbs: ['get'] }],
    expected: [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  },
  {
    name: 'paths in a namespace',
    rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
    expected: [
      'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
    ],
  },
]
for (const { name, rules, expected } of roleRows)
  t.test(name, async (t) => t.strictSame(faults(roles, { rules }), expected))

t.test('cluster roles take paths, and aggregate by selectors', async (t) => {
  t.strictSame(faults(clusterRoles, { rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] }), [])
  t.strictSame(faults(clusterRoles, { aggregationRule: {} }), [
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ])
})

t.test('names may have colons, but no slashes', async (t) => {
  t.strictSame(roles.validateName?.('system:node:a', false), [])
  t.strictSame(roles.validateName?.('a/b', false), ["may not contain '/'"])
})

const roleRef = { kind: 'Role', name: 'reader' }
const users = [{ kind: 'User', name: 'jane' }]

t.test('a binding gets the API group', async (t) => {
  const object = created(roleBindings, { roleRef, subjects: [...users, { kind: 'ServiceAccount', name: 'a' }] })
  t.strictSame(object.roleRef.apiGroup, 'rbac.authorization.k8s.io')
  t.strictSame(
    object.subjects?.map(({ apiGroup }) => apiGroup),
    ['rbac.authorization.k8s.io', undefined],
  )
})

const bindingRows = [
  { name: 'good', definition: roleBindings, draft: { roleRef, subjects: users }, expected: [] },
  {
    name: 'a cluster-wide binding of a role',
    definition: clusterRoleBindings,
    draft: { roleRef, subjects: users },
    expected: ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  },
  {
    name: 'an account without a namespace, cluster-wide',
    definition: clusterRoleBindings,
    draft: { roleRef: { kind: 'ClusterRole', name: 'x' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
    expected: ['subjects[0].namespace: Required value'],
  },
  {
    name: 'a subject of no kind',
    definition: roleBindings,
    draft: { roleRef, subjects: [{ kind: 'Robot', name: '' }] },
    expected: [
      'subjects[0].name: Required value',
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
  },
]
for (const { name, definition, draft, expected } of bindingRows)
  t.test(`a binding: ${name}`, async (t) => t.strictSame(faults(definition as typeof roleBindings, draft), expected))

t.test('the role stays', async (t) => {
  const to = { roleRef: { ...roleRef, name: 'writer' } }
  t.strictSame(updateFaults(roleBindings, { from: { roleRef }, to }), [
    'roleRef: Invalid value: {"kind":"Role","name":"writer","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
  ])
})

t.test('the table', async (t) => {
  const subjects = [...users, { kind: 'Group', name: 'devs' }, { kind: 'ServiceAccount', namespace: 'ci', name: 'bot' }]
  t.strictSame(row(roleBindings, created(roleBindings, { roleRef, subjects }), noon), {
    Name: 'web',
    Role: 'Role/reader',
    Age: '10m',
    Users: 'jane',
    Groups: 'devs',
    ServiceAccounts: 'ci/bot',
  })
})

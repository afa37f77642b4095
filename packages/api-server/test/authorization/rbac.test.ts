import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import t from 'tap'
import type { UserInfo } from '../../src/authentication/user.ts'
import type { Attributes } from '../../src/authorization/authorizer.ts'
import { rbacAuthorizer } from '../../src/authorization/rbac/authorizer.ts'
import { RoleIndex } from '../../src/authorization/rbac/role-index.ts'
import { printRule, uncoveredRules } from '../../src/authorization/rbac/rule-cover.ts'
import { parseRule } from '../../src/bootstrap/role-table.ts'

const meta = (name: string, namespace?: string) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
  ...(namespace && { namespace }),
})
const user = (username: string, ...groups: string[]): UserInfo => ({ username, uid: '', groups, extra: {} })

const index = new RoleIndex()
index.setRole({
  metadata: meta('pod-reader'),
  rules: [parseRule('get,list core pods'), parseRule('get core pods/log')],
})
index.setRole({ metadata: meta('one-secret'), rules: [parseRule('get core secrets tls')] })
index.setRole({ metadata: meta('logs-anywhere'), rules: [parseRule('get * */log')] })
index.setRole({ metadata: meta('metrics'), rules: [parseRule('get /metrics,/healthz/*')] })
index.setRole({ metadata: meta('local', 'a'), rules: [parseRule('* apps *')] })
const roleRef = (name: string, kind = 'ClusterRole') => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name })
index.setBinding({ metadata: meta('1'), roleRef: roleRef('pod-reader'), subjects: [{ kind: 'User', name: 'ann' }] })
index.setBinding({
  metadata: meta('2', 'a'),
  roleRef: roleRef('one-secret'),
  subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
})
index.setBinding({ metadata: meta('3'), roleRef: roleRef('metrics'), subjects: [{ kind: 'Group', name: 'ops' }] })
index.setBinding({
  metadata: meta('4', 'a'),
  roleRef: roleRef('local', 'Role'),
  subjects: [{ kind: 'User', name: 'ann' }],
})
index.setBinding({ metadata: meta('5'), roleRef: roleRef('gone'), subjects: [{ kind: 'User', name: 'lost' }] })
index.setBinding({
  metadata: meta('6'),
  roleRef: roleRef('logs-anywhere'),
  subjects: [{ kind: 'User', name: 'reader' }],
})
const authorizer = rbacAuthorizer(index)

const asked = (who: UserInfo, verb: string, what: string, namespace = '', name = ''): Attributes => {
  if (what.startsWith('/'))
    return {
      user: who,
      verb,
      path: what,
      isResourceRequest: false,
      namespace: '',
      apiGroup: '',
      apiVersion: '',
      resource: '',
      subresource: '',
      name: '',
    }
  const [whole = '', apiGroup = ''] = what.split('@')
  const [resource = '', subresource = ''] = whole.split('/')
  return {
    user: who,
    verb,
    path: '',
    isResourceRequest: true,
    namespace,
    apiGroup,
    apiVersion: 'v1',
    resource,
    subresource,
    name,
  }
}

const robot = user('system:serviceaccount:a:robot')
const rows: [description: string, attributes: Attributes, allowed: boolean][] = [
  ['a verb and resource that a cluster role has', asked(user('ann'), 'get', 'pods', 'x'), true],
  ['another verb', asked(user('ann'), 'delete', 'pods', 'x'), false],
  ['a subresource that is named', asked(user('ann'), 'get', 'pods/log', 'x'), true],
  ['a subresource that is not', asked(user('ann'), 'get', 'pods/exec', 'x'), false],
  ['another user', asked(user('bob'), 'get', 'pods', 'x'), false],
  ['the named object', asked(robot, 'get', 'secrets', 'a', 'tls'), true],
  ['another object', asked(robot, 'get', 'secrets', 'a', 'other'), false],
  ['a list where names are restricted', asked(robot, 'list', 'secrets', 'a'), false],
  ['another namespace than the binding', asked(robot, 'get', 'secrets', 'b', 'tls'), false],
  ['a path', asked(user('x', 'ops'), 'get', '/metrics'), true],
  ['a path below one with a star', asked(user('x', 'ops'), 'get', '/healthz/etcd'), true],
  ['another path', asked(user('x', 'ops'), 'get', '/version'), false],
  ['everything of a group in one namespace', asked(user('ann'), 'create', 'deployments@apps', 'a'), true],
  ['the same in another', asked(user('ann'), 'create', 'deployments@apps', 'b'), false],
  ['the same cluster-wide', asked(user('ann'), 'list', 'deployments@apps'), false],
  ['a subresource of any resource', asked(user('reader'), 'get', 'pods/log', 'z'), true],
  ['the resource itself is not meant by it', asked(user('reader'), 'get', 'pods', 'z'), false],
]

t.test('decisions', async (t) => {
  for (const [description, attributes, allowed] of rows)
    t.equal(authorizer.authorize(attributes).verdict, allowed ? 'allow' : 'no-opinion', description)
})

t.test('reasons', async (t) => {
  t.equal(
    authorizer.authorize(asked(user('ann'), 'get', 'pods')).reason,
    'RBAC: allowed by ClusterRoleBinding "1" of ClusterRole "pod-reader" to User "ann"',
  )
  t.equal(
    authorizer.authorize(asked(robot, 'get', 'secrets', 'a', 'tls')).reason,
    'RBAC: allowed by RoleBinding "2/a" of ClusterRole "one-secret" to ServiceAccount "robot/a"',
  )
  t.equal(
    authorizer.authorize(asked(user('lost'), 'get', 'pods')).reason,
    'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  )
})

t.test('a binding that changes or goes', async (t) => {
  const own = new RoleIndex()
  const decide = () => rbacAuthorizer(own).authorize(asked(user('ann'), 'get', 'pods')).verdict
  own.setRole({ metadata: meta('r'), rules: [parseRule('get core pods')] })
  const binding = { metadata: meta('b'), roleRef: roleRef('r'), subjects: [{ kind: 'User', name: 'ann' }] }
  own.setBinding(binding)
  t.equal(decide(), 'allow')
  own.setBinding({ ...binding, subjects: [{ kind: 'User', name: 'bob' }] })
  t.equal(decide(), 'no-opinion', 'its subjects are others now')
  own.setBinding(binding)
  own.removeBinding(binding)
  t.equal(decide(), 'no-opinion', 'it is gone')
})

t.test('what a user may not give away', async (t) => {
  const held: PolicyRule[] = [
    parseRule('get,list core pods'),
    parseRule('* apps deployments'),
    parseRule('get core secrets a,b'),
  ]
  const covers: [string, string[]][] = [
    ['get core pods', []],
    ['get,watch core pods', ['{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}']],
    ['delete,patch apps deployments', []],
    ['get apps *', ['{APIGroups:["apps"], Resources:["*"], Verbs:["get"]}']],
    ['get core secrets a', []],
    ['get core secrets', ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}']],
    ['get core secrets c', ['{APIGroups:[""], Resources:["secrets"], ResourceNames:["c"], Verbs:["get"]}']],
    ['get core pods x', []],
    ['get /metrics', ['{NonResourceURLs:["/metrics"], Verbs:["get"]}']],
  ]
  for (const [wanted, uncovered] of covers)
    t.same(uncoveredRules(held, [parseRule(wanted)]).map(printRule), uncovered, wanted)
})

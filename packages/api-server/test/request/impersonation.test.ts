import t from 'tap'
import type { UserInfo } from '../../src/authentication/user.ts'
import type { Attributes, Authorizer } from '../../src/authorization/authorizer.ts'
import { impersonate } from '../../src/request/impersonation.ts'

const ann: UserInfo = { username: 'ann', uid: '', groups: ['system:authenticated'], extra: {} }
const asked: string[] = []
const authorizer: Authorizer = {
  name: 'test',
  authorize({ verb, resource, subresource, namespace, name, apiGroup }: Attributes) {
    asked.push([verb, apiGroup, resource, subresource, namespace, name].filter(Boolean).join(' '))
    return { verdict: name === 'root' ? 'no-opinion' : 'allow', reason: '' }
  },
}

t.beforeEach(() => {
  asked.length = 0
})

t.test('nobody is impersonated', async (t) => {
  t.equal(impersonate(ann, { accept: '*/*' }, authorizer), undefined)
  t.same(asked, [])
})

t.test('a user with groups, uid and extra', async (t) => {
  const user = impersonate(
    ann,
    {
      'impersonate-user': 'bob',
      'impersonate-group': 'dev, ops',
      'impersonate-uid': '7',
      'impersonate-extra-acme.com%2Froles': 'x',
    },
    authorizer,
  )
  t.same(user, {
    username: 'bob',
    uid: '7',
    groups: ['dev', 'ops', 'system:authenticated'],
    extra: { 'acme.com/roles': ['x'] },
  })
  t.same(asked, [
    'impersonate users bob',
    'impersonate groups dev',
    'impersonate groups ops',
    'impersonate authentication.k8s.io uids 7',
    'impersonate authentication.k8s.io userextras acme.com/roles x',
  ])
})

t.test('a service account gets its groups', async (t) => {
  const user = impersonate(ann, { 'impersonate-user': 'system:serviceaccount:a:robot' }, authorizer)
  t.same(user?.groups, ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'])
  t.same(asked, ['impersonate serviceaccounts a robot'])
})

t.test('nobody is a member of the unauthenticated', async (t) => {
  t.same(impersonate(ann, { 'impersonate-user': 'system:anonymous' }, authorizer)?.groups, ['system:unauthenticated'])
})

t.test('who may not is told so', async (t) => {
  t.throws(() => impersonate(ann, { 'impersonate-user': 'root' }, authorizer), {
    code: 403,
    message:
      'users "root" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
  })
})

t.test('groups without a user are refused', async (t) => {
  t.throws(() => impersonate(ann, { 'impersonate-group': 'dev' }, authorizer), { code: 400 })
})

t.test('an extra of any name is asked for', async (t) => {
  const user = impersonate(ann, { 'impersonate-user': 'bob', 'impersonate-extra-__proto__': 'x' }, authorizer)
  t.same(asked, ['impersonate users bob', 'impersonate authentication.k8s.io userextras __proto__ x'])
  t.same(Object.entries(user?.extra ?? {}), [['__proto__', ['x']]])
})

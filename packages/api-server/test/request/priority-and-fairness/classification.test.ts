import type { FlowSchema, FlowSchemaSpec } from '@tandem/api/flowcontrol/v1/types'
import t from 'tap'
import { RequestContext } from '../../../src/request/context.ts'
import { classifiedSchema, inMatchingOrder } from '../../../src/request/priority-and-fairness/classification.ts'

const schema = (rules: FlowSchemaSpec['rules'], by?: string): FlowSchema => ({
  metadata: { name: 'mine', uid: 'u1' } as FlowSchema['metadata'],
  spec: {
    priorityLevelConfiguration: { name: 'some' },
    matchingPrecedence: 500,
    ...(by && { distinguisherMethod: { type: by } }),
    ...(rules && { rules }),
  },
})
const user = (username: string, ...groups: string[]) => ({ username, uid: '', groups, extra: {} })
const infoOf = (method: string, url: string) => new RequestContext({ method, url, upgrade: undefined, now: 0 }).info

const everybody = [{ kind: 'User', user: { name: '*' } }]
const resource = (rule: object) => [
  {
    subjects: everybody,
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], ...rule }],
  },
]
const path = (...nonResourceURLs: string[]) => [
  { subjects: everybody, nonResourceRules: [{ verbs: ['*'], nonResourceURLs }] },
]
const by = (...subjects: object[]) => [{ ...resource({})[0], subjects }] as FlowSchemaSpec['rules']

const pods = '/api/v1/namespaces/a/pods'
const rows: {
  name: string
  rules: object[] | undefined
  ask?: readonly [string, string]
  as?: string[]
  matches: boolean
}[] = [
  { name: 'no rules', rules: undefined, matches: false },
  { name: 'everything in namespaces', rules: resource({}), matches: true },
  { name: 'a verb', rules: resource({ verbs: ['get'] }), matches: false },
  { name: 'the verb', rules: resource({ verbs: ['get', 'list'] }), matches: true },
  { name: 'another group', rules: resource({ apiGroups: ['apps'] }), matches: false },
  { name: 'the core group', rules: resource({ apiGroups: [''] }), matches: true },
  { name: 'another resource', rules: resource({ resources: ['nodes'] }), matches: false },
  { name: 'another namespace', rules: resource({ namespaces: ['b'] }), matches: false },
  { name: 'the namespace', rules: resource({ namespaces: ['b', 'a'] }), matches: true },
  { name: 'all namespaces are not the cluster', rules: resource({}), ask: ['GET', '/api/v1/nodes'], matches: false },
  { name: 'the cluster', rules: resource({ clusterScope: true }), ask: ['GET', '/api/v1/nodes'], matches: true },
  {
    name: 'a resource is not its subresource',
    rules: resource({ resources: ['pods'] }),
    ask: ['GET', `${pods}/x/status`],
    matches: false,
  },
  {
    name: 'a subresource',
    rules: resource({ resources: ['pods/status'] }),
    ask: ['GET', `${pods}/x/status`],
    matches: true,
  },
  { name: 'a resource rule says nothing of paths', rules: resource({}), ask: ['GET', '/healthz'], matches: false },
  { name: 'a path', rules: path('/healthz'), ask: ['GET', '/healthz'], matches: true },
  { name: 'below a path', rules: path('/healthz'), ask: ['GET', '/healthz/ping'], matches: true },
  { name: 'beside a path', rules: path('/healthz'), ask: ['GET', '/healthzz'], matches: false },
  { name: 'below a wildcard', rules: path('/debug/*'), ask: ['GET', '/debug/pprof/heap'], matches: true },
  { name: 'every path', rules: path('*'), ask: ['GET', '/version'], matches: true },
  { name: 'another user', rules: by({ kind: 'User', user: { name: 'bob' } }), matches: false },
  { name: 'the user', rules: by({ kind: 'User', user: { name: 'ann' } }), matches: true },
  { name: 'a group of theirs', rules: by({ kind: 'Group', group: { name: 'staff' } }), matches: true },
  { name: 'any group', rules: by({ kind: 'Group', group: { name: '*' } }), matches: true },
  {
    name: 'a service account',
    rules: by({ kind: 'ServiceAccount', serviceAccount: { namespace: 'a', name: 'robot' } }),
    as: ['system:serviceaccount:a:robot'],
    matches: true,
  },
  {
    name: 'all of a namespace',
    rules: by({ kind: 'ServiceAccount', serviceAccount: { namespace: 'a', name: '*' } }),
    as: ['system:serviceaccount:a:robot'],
    matches: true,
  },
  {
    name: 'of a namespace that begins alike',
    rules: by({ kind: 'ServiceAccount', serviceAccount: { namespace: 'a', name: '*' } }),
    as: ['system:serviceaccount:ab:robot'],
    matches: false,
  },
]
for (const { name, rules, ask = ['GET', pods], as = ['ann', 'staff'], matches } of rows)
  t.test(name, async (t) => {
    const [username = '', ...groups] = as
    const made = classifiedSchema(schema(rules as FlowSchemaSpec['rules']))
    const info = infoOf(...(ask as [string, string]))
    const asked = made.rules.filter(({ subjects }) => subjects(user(username, ...groups)))
    const tests = asked.flatMap(({ resource, nonResource }) => (info.isResourceRequest ? resource : nonResource))
    t.equal(
      tests.some((test) => test(info)),
      matches,
    )
  })

t.test('flows', async (t) => {
  const flow = (method?: string) => classifiedSchema(schema([], method)).flowOf(user('ann'), infoOf('GET', pods))
  t.equal(flow(), '')
  t.equal(flow('ByUser'), 'ann')
  t.equal(flow('ByNamespace'), 'a')
})

t.test('the order in which schemas are asked', async (t) => {
  const named = (name: string, matchingPrecedence: number) => ({
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: 'x' }, matchingPrecedence },
  })
  const order = inMatchingOrder([named('last', 9000), named('b', 500), named('a', 500), named('exempt', 1)])
  t.same(
    order.map(({ metadata }) => metadata.name),
    ['exempt', 'a', 'b', 'last'],
  )
})

import type { FlowSchema, FlowSchemaSpec, Subject } from '@tandem/api/flowcontrol/v1/types'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import fc from 'fast-check'
import t from 'tap'
import type { UserInfo } from '../../../src/authentication/user.ts'
import { Dispatcher } from '../../../src/request/priority-and-fairness/dispatcher.ts'
import { type RequestInfo, requestInfo } from '../../../src/request/request-info.ts'

type Rules = NonNullable<FlowSchemaSpec['rules']>
type Rule = Rules[number]

const schemaOf = (name: string, matchingPrecedence: number, rules: Rules) =>
  ({
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence, rules },
  }) as FlowSchema

const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
const orAll = (...values: string[]) => fc.oneof(some(...values), fc.constant<string[]>(['*']))
const namespace = fc.constantFrom('a', 'b')
const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.constantFrom('ann', 'bob', 'system:serviceaccount:a:x', '*').map((name) => ({ kind: 'User', user: { name } })),
  fc.constantFrom('staff', 'guests', '*').map((name) => ({ kind: 'Group', group: { name } })),
  fc
    .record({ namespace, name: fc.constantFrom('x', 'y', '*') })
    .map((serviceAccount) => ({ kind: 'ServiceAccount', serviceAccount })),
)
const rule: fc.Arbitrary<Rule> = fc.record({
  subjects: fc.array(subject, { minLength: 1, maxLength: 3 }),
  resourceRules: fc.array(
    fc.record({
      verbs: orAll('get', 'list', 'create'),
      apiGroups: orAll('', 'apps'),
      resources: orAll('pods', 'pods/status', 'nodes'),
      namespaces: fc.oneof(fc.constant<string[]>([]), orAll('a', 'b')),
      clusterScope: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  nonResourceRules: fc.array(
    fc.record({ verbs: orAll('get', 'post'), nonResourceURLs: orAll('/healthz', '/debug/*', '/version') }),
    { maxLength: 2 },
  ),
})
const schemas = fc
  .array(fc.record({ precedence: fc.integer({ min: 1, max: 5 }), rules: fc.array(rule, { maxLength: 3 }) }), {
    maxLength: 8,
  })
  .map((specs) => specs.map(({ precedence, rules }, index) => schemaOf(`s${index}`, precedence, rules)))

const user: fc.Arbitrary<UserInfo> = fc.record({
  username: fc.constantFrom('ann', 'bob', 'system:serviceaccount:a:x', 'system:serviceaccount:b:y'),
  uid: fc.constant(''),
  groups: fc.subarray(['staff', 'guests', 'others']),
  extra: fc.constant({}),
})
const info = fc
  .tuple(
    fc.constantFrom('GET', 'POST'),
    fc.constantFrom(
      ...['/api/v1/pods', '/api/v1/nodes/n', '/api/v1/namespaces/a/pods/p', '/api/v1/namespaces/b/pods/p/status'],
      ...['/apis/apps/v1/namespaces/a/pods', '/healthz', '/healthz/ping', '/healthzz', '/debug/pprof/heap', '/version'],
    ),
  )
  .map(([method, path]) => requestInfo(method, path, ''))

t.test('one by one, or with what is known of the user: the same schema', async () => {
  fc.assert(
    fc.property(
      fc.array(schemas, { minLength: 1, maxLength: 2 }),
      fc.array(user, { minLength: 1, maxLength: 3 }),
      fc.array(info, { minLength: 1, maxLength: 6 }),
      (configurations, users, infos) => {
        const dispatcher = new Dispatcher({ seats: 10, clock: new FakeClock() })
        for (const configuration of configurations) {
          dispatcher.configure([], configuration)
          // Twice: what is found first is remembered.
          for (const info of [...infos, ...infos])
            for (const user of users) {
              const { name } = dispatcher.classify(user, info).schema
              if (name !== plainly(configuration, user, info)) return false
            }
        }
        return true
      },
    ),
    { numRuns: 300 },
  )
})

/** As the API describes it. None of these users is in a group that the mandatory schemas know. */
function plainly(schemas: readonly FlowSchema[], user: UserInfo, info: RequestInfo): string {
  const order = [...schemas].sort(
    (a, b) =>
      (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  )
  return (
    order.find(({ spec }) => spec.rules?.some((rule) => ruleMatches(rule, user, info)))?.metadata.name ?? 'catch-all'
  )
}

function names(list: readonly string[] | undefined, value: string): boolean {
  return !!list && (list[0] === '*' || list.includes(value))
}

function ruleMatches({ subjects, resourceRules, nonResourceRules }: Rule, user: UserInfo, info: RequestInfo): boolean {
  if (!subjects.some((subject) => subjectMatches(subject, user))) return false
  if (!info.isResourceRequest)
    return !!nonResourceRules?.some(
      ({ verbs, nonResourceURLs }) =>
        names(verbs, info.verb) &&
        nonResourceURLs.some((url) => url === '*' || `${info.path}/`.startsWith(`${url.replace(/\/\*$/, '')}/`)),
    )
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  return !!resourceRules?.some(
    ({ verbs, apiGroups, resources, namespaces, clusterScope }) =>
      names(verbs, info.verb) &&
      names(apiGroups, info.apiGroup) &&
      names(resources, resource) &&
      (info.namespace === '' ? clusterScope : names(namespaces, info.namespace)),
  )
}

function subjectMatches({ user: named, group, serviceAccount }: Subject, { username, groups }: UserInfo): boolean {
  if (named) return named.name === '*' || named.name === username
  if (group) return group.name === '*' || groups.includes(group.name)
  const [, , namespace, name] = username.split(':')
  return namespace === serviceAccount?.namespace && (serviceAccount?.name === '*' || name === serviceAccount?.name)
}

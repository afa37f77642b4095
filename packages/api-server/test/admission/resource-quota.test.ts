import { quotaEvaluatorOf } from '@tandem/api/core/v1/quota/evaluators'
import type { ResourceQuota } from '@tandem/api/core/v1/types'
import { conflict } from '@tandem/apimachinery'
import t from 'tap'
import type { AdmissionRequest } from '../../src/admission/admission.ts'
import { QuotaCharges } from '../../src/admission/resource-quota/charges.ts'
import { checkQuotas, type LimitedResource, type QuotaCheck } from '../../src/admission/resource-quota/check.ts'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const podsDefinition = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced', schema: '' }
const check = (limited: readonly LimitedResource[] = []): QuotaCheck => {
  const evaluator = quotaEvaluatorOf('/pods')
  if (!evaluator) throw new Error('pods count')
  return { evaluator, limited, now: 0 }
}
const request = (spec: object = {}, more: object = {}): AdmissionRequest =>
  ({
    operation: 'CREATE',
    definition: podsDefinition,
    subresource: '',
    namespace: 'ns',
    name: 'p',
    object: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], ...spec } },
    oldObject: undefined,
    dryRun: false,
    ...more,
  }) as unknown as AdmissionRequest
const quota = (hard: Record<string, string>, used: Record<string, string> | undefined, spec: object = {}) =>
  ({
    metadata: { name: 'q', namespace: 'ns', resourceVersion: '1' },
    spec: { hard, ...spec },
    status: { hard, ...(used && { used }) },
  }) as unknown as ResourceQuota

const rows = [
  { name: 'room for it', quotas: [quota({ pods: '2' }, { pods: '1' })], expected: [{ pods: '2' }] },
  {
    name: 'no room',
    quotas: [quota({ pods: '2', cpu: '1' }, { pods: '2', cpu: '0' })],
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] },
    expected:
      'pods "p" is forbidden: exceeded quota: q, requested: cpu=2,pods=1, used: cpu=0,pods=2, limited: cpu=1,pods=2',
  },
  {
    name: 'nobody has counted yet',
    quotas: [quota({ pods: '2', 'count/pods': '1' }, undefined)],
    expected: 'pods "p" is forbidden: status unknown for quota: q, resources: count/pods,pods',
  },
  {
    name: 'it does not say what it wants',
    quotas: [quota({ memory: '2Gi' }, { memory: '0' })],
    expected: 'pods "p" is forbidden: failed quota: q: must specify memory for: c',
  },
  { name: 'out of scope', quotas: [quota({ pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] })], expected: [] },
  { name: 'about something else', quotas: [quota({ secrets: '0' }, { secrets: '0' })], expected: [] },
  {
    name: 'a limited priority without a quota',
    quotas: [],
    spec: { priorityClassName: 'gold' },
    limited: [
      { resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['gold'] }] },
    ] as LimitedResource[],
    expected: 'pods "p" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [gold]}]',
  },
  {
    name: 'a limited resource without a quota',
    quotas: [],
    limited: [{ resource: 'pods', matchContains: ['requests.example.com'] }],
    spec: { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1' } } }] },
    expected: 'pods "p" is forbidden: insufficient quota to consume: requests.example.com/gpu',
  },
]
for (const { name, quotas, spec, limited, expected } of rows)
  t.test(name, async (t) => {
    const charged = () => [...checkQuotas(request(spec), quotas, check(limited)).values()]
    if (typeof expected === 'string') return void t.throws(charged, { message: expected })
    t.same(
      charged().map((used) =>
        Object.fromEntries([...used].map(([key, { nanos }]) => [key, String(nanos / 10n ** 9n)])),
      ),
      expected,
    )
  })

t.test('a deadline that is given later moves a pod from one quota to another', async (t) => {
  const quotas = [quota({ pods: '1' }, { pods: '0' }, { scopes: ['Terminating'] })]
  const update = request(
    { activeDeadlineSeconds: 5 },
    { operation: 'UPDATE', oldObject: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } } },
  )
  t.equal(checkQuotas(update, quotas, check()).size, 1)
})

t.test('many at once, and somebody else who writes', async (t) => {
  let current = quota({ pods: '10' }, { pods: '4' })
  let writes = 0
  const charges = new QuotaCharges({
    list: async () => [current],
    async write(next) {
      writes++
      if (writes === 1) {
        current = { ...quota({ pods: '10' }, { pods: '5' }), metadata: { ...current.metadata, resourceVersion: '2' } }
        throw conflict({ group: '', resource: 'resourcequotas' }, 'q')
      }
      current = { ...next, metadata: { ...next.metadata, resourceVersion: String(writes + 1) } }
    },
  })
  const answers = await Promise.allSettled(Array.from({ length: 9 }, () => charges.charge(request(), check())))
  t.equal(answers.filter(({ status }) => status === 'fulfilled').length, 5)
  t.equal(current.status?.used?.pods, '10')
  t.ok(writes <= 3, `${writes} writes`)
})

t.test('a server enforces what its quotas say', async (t) => {
  const server = await startTestServer()
  const admin = await requestsOf(server)
  t.teardown(async () => {
    await admin.close()
    await server.stop()
  })
  const root = '/api/v1/namespaces/default'
  const spec = { hard: { configmaps: '2', 'count/configmaps': '3' } }
  await admin.ask('POST', `${root}/resourcequotas`, { metadata: { name: 'few' }, spec })
  t.match((await admin.ask('POST', `${root}/configmaps`, { metadata: { name: 'early' } })).code, 201)
  const merge = { type: 'application/merge-patch+json' }
  const status = { hard: spec.hard, used: { configmaps: '0', 'count/configmaps': '0' } }
  await admin.ask('PATCH', `${root}/resourcequotas/few/status`, { status }, merge)
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      admin.ask('POST', `${root}/configmaps`, { metadata: { name: `c${index}` } }),
    ),
  )
  t.same(answers.map(({ code }) => code).sort(), [201, 201, 403, 403, 403, 403])
  t.equal(
    answers.find(({ code }) => code === 403)?.body.message.replace(/"c\d"/, '"c"'),
    'configmaps "c" is forbidden: exceeded quota: few, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
  )
  t.same((await admin.ask('GET', `${root}/resourcequotas/few`)).body.status.used, {
    configmaps: '2',
    'count/configmaps': '2',
  })
  const dry = await admin.ask('POST', `${root}/configmaps?dryRun=All`, { metadata: { name: 'dry' } })
  t.equal(dry.code, 403)
})

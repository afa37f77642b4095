import t from 'tap'
import { mutatingWebhookConfigurations } from '../../../src/admissionregistration/v1/mutatingwebhookconfiguration.ts'
import { validatingWebhookConfigurations } from '../../../src/admissionregistration/v1/validatingwebhookconfiguration.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const webhook = {
  name: 'deny.example.com',
  clientConfig: { service: { namespace: 'default', name: 'hook', path: '/check' } },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const withRule = (change: object) => ({ rules: [{ ...rule, ...change }] })
const client = (clientConfig: object) => ({ clientConfig })
const at = 'webhooks[0]'

t.test('defaults', async (t) => {
  t.match(created(validatingWebhookConfigurations, { webhooks: [webhook] }).webhooks, [
    {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      clientConfig: { service: { port: 443 } },
      rules: [{ scope: '*' }],
    },
  ])
  t.equal(created(mutatingWebhookConfigurations, { webhooks: [webhook] }).webhooks?.[0]?.reinvocationPolicy, 'Never')
})

const rows = [
  { name: 'good', change: {}, expected: [] },
  { name: 'all resources and all subresources', change: withRule({ resources: ['*/*'] }), expected: [] },
  {
    name: 'a name of two parts',
    change: { name: 'example.com' },
    expected: [
      `${at}.name: Invalid value: "example.com": should be a domain with at least three segments separated by dots`,
    ],
  },
  {
    name: 'side effects',
    change: { sideEffects: 'Some' },
    expected: [`${at}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`],
  },
  {
    name: 'no review version that the server speaks',
    change: { admissionReviewVersions: ['v2'] },
    expected: [`${at}.admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1`],
  },
  {
    name: 'a long timeout',
    change: { timeoutSeconds: 31 },
    expected: [`${at}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`],
  },
  {
    name: 'every operation and one',
    change: withRule({ operations: ['*', 'CREATE'] }),
    expected: [
      `${at}.rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
    ],
  },
  {
    name: 'all subresources and one',
    change: withRule({ resources: ['pods/*', 'pods/log'] }),
    expected: [
      `${at}.rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
    ],
  },
  {
    name: 'all resources and one',
    change: withRule({ resources: ['*', 'pods'] }),
    expected: [
      `${at}.rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
    ],
  },
  {
    name: 'no client',
    change: client({}),
    expected: [`${at}.clientConfig: Required value: exactly one of url or service is required`],
  },
  {
    name: 'a plain URL with a user and a query',
    change: client({ url: 'http://me@example.com/a?b=c#d' }),
    expected: [
      `${at}.clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      `${at}.clientConfig.url: Invalid value: "me": user information is not permitted in the URL`,
      `${at}.clientConfig.url: Invalid value: "d": fragments are not permitted in the URL`,
      `${at}.clientConfig.url: Invalid value: "b=c": query parameters are not permitted in the URL`,
    ],
  },
  {
    name: 'a path with an empty step',
    change: client({ service: { namespace: 'a', name: 'b', path: '/a//b' } }),
    expected: [`${at}.clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty`],
  },
  {
    name: 'a condition that does not compile',
    change: { matchConditions: [{ name: 'x', expression: 'object.metadata.name ==' }] },
    expected: [
      /^webhooks\[0\].matchConditions\[0\].expression: Invalid value: .*compilation failed: ERROR: <input>:1:/,
    ],
  },
  {
    name: 'a condition that is none',
    change: { matchConditions: [{ name: 'x', expression: "'a'" }] },
    expected: [`${at}.matchConditions[0].expression: Invalid value: "'a'": must evaluate to bool but got string`],
  },
]
for (const { name, change, expected } of rows)
  t.test(name, async (t) => {
    const draft = { webhooks: [{ ...webhook, ...change }] }
    for (const found of [
      faults(validatingWebhookConfigurations, draft),
      faults(mutatingWebhookConfigurations, draft),
    ]) {
      t.equal(found.length, expected.length)
      t.match(found, expected)
    }
  })

t.test('one name is of one webhook', async (t) => {
  t.strictSame(faults(validatingWebhookConfigurations, { webhooks: [webhook, webhook] }), [
    'webhooks[1].name: Duplicate value: "deny.example.com"',
  ])
})

t.test('conditions that were there are not looked at again', async (t) => {
  const old = { webhooks: [{ ...webhook, matchConditions: [{ name: 'x', expression: 'gone()' }] }] }
  const to = { webhooks: [{ ...old.webhooks[0], timeoutSeconds: 5 }] }
  t.strictSame(updateFaults(validatingWebhookConfigurations, { from: old, to }), [])
})

t.test('its row', async (t) => {
  const object = created(validatingWebhookConfigurations, { webhooks: [webhook] })
  t.strictSame(row(validatingWebhookConfigurations, object, noon), { Name: 'web', Webhooks: 1, Age: '10m' })
})

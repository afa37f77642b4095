import t from 'tap'
import { parseAdmissionConfiguration } from '../../src/admission/configuration.ts'

const file = (plugins: string) => `apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n${plugins}`
const quota = (limited: string) =>
  file(
    `plugins: [{ name: ResourceQuota, configuration: { apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, limitedResources: ${limited} } }]`,
  )

const rows = [
  { name: 'nothing', text: file(''), expected: {} },
  {
    name: 'limited resources',
    text: quota('[{ resource: pods, matchContains: [cpu] }]'),
    expected: { quotaLimitedResources: [{ resource: 'pods', matchContains: ['cpu'] }] },
  },
  { name: 'another kind', text: 'kind: Pod', expected: /want apiserver.config.k8s.io/ },
  { name: 'another plugin', text: file('plugins: [{ name: EventRateLimit }]'), expected: /takes no configuration/ },
  { name: 'no resource', text: quota('[{}]'), expected: /limitedResources\[0\].resource: Required value/ },
]
for (const { name, text, expected } of rows)
  t.test(name, async (t) => {
    if (expected instanceof RegExp) t.throws(() => parseAdmissionConfiguration(text), { message: expected })
    else t.same(parseAdmissionConfiguration(text), expected)
  })

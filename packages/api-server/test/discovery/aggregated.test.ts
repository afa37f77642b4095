import { definitions } from '@tandem/api'
import type { ResourceDefinition } from '@tandem/apimachinery'
import t from 'tap'
import { acceptedAggregation, groupDiscoveryList } from '../../src/discovery/aggregated.ts'

const all = definitions as unknown as ResourceDefinition[]

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const accepts: [string, string | undefined, string | undefined][] = [
  ['kubectl', `${v2},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`, 'v2'],
  ['the beta alone', 'application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io', 'v2beta1'],
  ['plain first', `application/json,${v2}`, undefined],
  ['a version nobody knows', 'application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList', undefined],
  ['another type first', `text/html,${v2}`, 'v2'],
  ['nothing', undefined, undefined],
]
for (const [name, accept, expected] of accepts)
  t.test(`accepts: ${name}`, async (t) => {
    t.equal(acceptedAggregation(accept), expected)
  })

t.test('the core group has no name and every resource', async (t) => {
  const { items } = groupDiscoveryList(
    all.filter(({ group }) => group === ''),
    'v2',
  )
  t.equal(items.length, 1)
  t.notOk(items[0]?.metadata.name)
  const [version] = items[0]?.versions ?? []
  t.equal(version?.version, 'v1')
  const pods = version?.resources.find(({ resource }) => resource === 'pods')
  t.match(pods, {
    responseKind: { group: '', version: 'v1', kind: 'Pod' },
    scope: 'Namespaced',
    singularResource: 'pod',
    shortNames: ['po'],
    categories: ['all'],
  })
  t.match(
    pods?.subresources?.find(({ subresource }) => subresource === 'eviction'),
    { responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
  )
})

t.test('groups with several versions tell the preferred first', async (t) => {
  const { items } = groupDiscoveryList(
    all.filter(({ group }) => group === 'autoscaling'),
    'v2',
  )
  t.same(
    items[0]?.versions.map(({ version }) => version),
    ['v2', 'v1'],
  )
})

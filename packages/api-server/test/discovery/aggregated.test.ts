import { definitions } from '@tandem/api'
import type { ResourceDefinition } from '@tandem/apimachinery'
import t from 'tap'
import { acceptedAggregation, groupDiscoveryList } from '../../src/discovery/aggregated.ts'
import { apiResourceList } from '../../src/discovery/discovery.ts'

const all = definitions as unknown as ResourceDefinition[]

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const protobuf = 'application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const accepts: [string, string | undefined, string | undefined][] = [
  [
    'kubectl',
    `${v2},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`,
    'application/json',
  ],
  ['the beta alone', 'application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io', undefined],
  ['plain first', `application/json,${v2}`, 'application/json'],
  ['a version nobody knows', 'application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList', undefined],
  ['another type first', `text/html,${v2}`, 'application/json'],
  ['protobuf', `${protobuf},${v2}`, 'application/vnd.kubernetes.protobuf'],
  ['nothing', undefined, undefined],
]
for (const [name, accept, expected] of accepts)
  t.test(`accepts: ${name}`, async (t) => {
    t.equal(acceptedAggregation(accept), expected)
  })

t.test('the core group has no name and every resource', async (t) => {
  const { items } = groupDiscoveryList(all.filter(({ group }) => group === ''))
  t.equal(items.length, 1)
  t.notOk(items[0]?.metadata.name)
  const [version] = items[0]?.versions ?? []
  t.equal(version?.version, 'v1')
  const pods = version?.resources.find(({ resource }) => resource === 'pods')
  t.match(pods, {
    responseKind: { group: '', version: '', kind: 'Pod' },
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

t.test('upstream’s groups come in its order, others after them by name', async (t) => {
  const group = (name: string) => ({ ...all[0], group: name }) as ResourceDefinition
  const { items } = groupDiscoveryList(['z.example', 'batch', 'a.example', 'apps'].map(group))
  t.same(
    items.map(({ metadata }) => metadata.name),
    ['apps', 'batch', 'a.example', 'z.example'],
  )
})

t.test('a stored resource tells a hash of the version in which it is kept', async (t) => {
  const hashOf = (group: string, version: string, name: string): unknown => {
    const found = apiResourceList(all, { group, version })?.resources.find((resource) => resource.name === name)
    return found && 'storageVersionHash' in found ? found.storageVersionHash : undefined
  }
  t.equal(hashOf('', 'v1', 'pods'), 'xPOwRZ+Yhw8=')
  t.equal(
    hashOf('autoscaling', 'v1', 'horizontalpodautoscalers'),
    hashOf('autoscaling', 'v2', 'horizontalpodautoscalers'),
  )
  t.equal(hashOf('', 'v1', 'pods/status'), undefined)
  t.equal(hashOf('', 'v1', 'bindings'), undefined)
})

t.test('groups with several versions tell the preferred first', async (t) => {
  const { items } = groupDiscoveryList(all.filter(({ group }) => group === 'autoscaling'))
  t.same(
    items[0]?.versions.map(({ version }) => version),
    ['v2', 'v1'],
  )
})

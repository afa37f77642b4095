import type { KubernetesObject, OwnerReference, ResourceDefinition } from '@tandem/apimachinery'
import t from 'tap'
import { blockingDependents, type GraphWork, OwnershipGraph } from '../../src/garbage-collector/graph.ts'

const things: ResourceDefinition<KubernetesObject> = {
  group: 'x.io',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  scope: 'Namespaced',
  schema: '',
}
interface Traits {
  owners?: string[]
  blocking?: boolean
  going?: 'foregroundDeletion' | 'orphan' | 'plain'
  namespace?: string
}
const reference = (uid: string, blockOwnerDeletion: boolean): OwnerReference => ({
  apiVersion: 'x.io/v1',
  kind: 'Thing',
  name: uid,
  uid,
  blockOwnerDeletion,
})
const thing = (
  uid: string,
  { owners = [], blocking = true, going, namespace = 'ns' }: Traits = {},
): KubernetesObject => ({
  metadata: {
    name: uid,
    namespace,
    uid,
    resourceVersion: '1',
    creationTimestamp: '',
    ownerReferences: owners.map((owner) => reference(owner, blocking)),
    ...(going && { deletionTimestamp: 'now', finalizers: going === 'plain' ? ['x.io/other'] : [going] }),
  },
})
const uids = ({ inspect, orphan }: GraphWork) => ({
  inspect: inspect.map(({ uid }) => uid).sort(),
  ...(orphan && { orphan: orphan.uid }),
})

const start = () => {
  const graph = new OwnershipGraph()
  return {
    graph,
    see: (uid: string, traits?: Traits) => uids(graph.observe(things, thing(uid, traits))),
    lose: (uid: string) => uids(graph.remove(uid)),
  }
}

t.test('an owner that nobody saw is looked for', async (t) => {
  const { see, graph } = start()
  t.same(see('child', { owners: ['parent'] }), { inspect: ['parent'] })
  t.ok(graph.get('parent')?.virtual)
  t.same(see('parent'), { inspect: [] })
  t.notOk(graph.get('parent')?.virtual)
  t.same(see('second', { owners: ['parent'] }), { inspect: [] })
})

t.test('when an owner goes its dependents are looked at', async (t) => {
  const { see, lose, graph } = start()
  see('parent')
  see('one', { owners: ['parent'] })
  see('two', { owners: ['parent'] })
  see('other')
  t.same(lose('parent'), { inspect: ['one', 'two'] })
  t.same(lose('unknown'), { inspect: [] })
  lose('one')
  lose('two')
  t.equal(graph.size, 1)
})

t.test('deleting in the foreground: dependents, then the owner as each of them goes', async (t) => {
  const { see, lose, graph } = start()
  see('parent')
  see('one', { owners: ['parent'] })
  see('two', { owners: ['parent'], blocking: false })
  t.same(see('parent', { going: 'foregroundDeletion' }), { inspect: ['one', 'parent', 'two'] })
  const parent = graph.get('parent')
  t.same(parent && blockingDependents(parent).map(({ uid }) => uid), ['one'])
  t.same(see('late', { owners: ['parent'] }), { inspect: ['late'] })
  t.same(lose('one'), { inspect: ['parent'] })
})

t.test('a reference that no longer blocks lets the waiting owner look again', async (t) => {
  const { see } = start()
  see('parent')
  see('one', { owners: ['parent'] })
  see('parent', { going: 'foregroundDeletion' })
  t.same(see('one', { owners: [] }), { inspect: ['one', 'parent'] })
})

t.test('orphaning frees dependents first', async (t) => {
  const { see } = start()
  see('one', { owners: ['parent'] })
  t.same(see('parent', { going: 'orphan' }), { inspect: [], orphan: 'parent' })
})

t.test('being deleted for another reason calls for nothing', async (t) => {
  const { see } = start()
  t.same(see('parent', { going: 'plain' }), { inspect: [] })
})

t.test('an owner in another namespace is no owner', async (t) => {
  const { see } = start()
  see('parent', { namespace: 'elsewhere' })
  t.same(see('child', { owners: ['parent'] }), { inspect: ['child'] })
})

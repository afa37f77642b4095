import fc from 'fast-check'
import t from 'tap'
import {
  applyConfiguration,
  applyMergePatch,
  applyStrategicPatch,
  decodeObject,
  difference,
  equalSets,
  type FieldSet,
  intersection,
  isEmptySet,
  type KubernetesObject,
  union,
} from '../../src/index.ts'
import { registry } from '../testing/schema.ts'

type Json = Record<string, unknown>

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1')
const { root: set } = fc.letrec<{ root: FieldSet; node: FieldSet }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant({}),
    fc
      .tuple(fc.dictionary(element, tie('node'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }), fc.boolean())
      .map(([children, member]) => (member ? { '.': {}, ...children } : children)),
  ),
  root: fc.dictionary(element, tie('node'), { maxKeys: 3, noNullPrototype: true }),
}))

t.test('sets obey the laws of sets', async (t) => {
  fc.assert(
    fc.property(set, set, set, (a, b, c) => {
      const laws = [
        equalSets(union(a, b), union(b, a)),
        equalSets(union(a, union(b, c)), union(union(a, b), c)),
        equalSets(union(a, a), a),
        equalSets(intersection(a, b), intersection(b, a)),
        isEmptySet(difference(a, a)),
        isEmptySet(intersection(difference(a, b), b)),
        equalSets(union(difference(a, b), intersection(a, b)), a),
        equalSets(difference(a, union(b, c)), difference(difference(a, b), c)),
      ]
      return laws.every(Boolean)
    }),
  )
  t.pass()
})

const name = fc.constantFrom('a', 'b', 'c')
const container = fc.record(
  { name, image: fc.constantFrom('x', 'y'), args: fc.array(fc.constantFrom('1', '2'), { minLength: 1, maxLength: 2 }) },
  { requiredKeys: ['name'], noNullPrototype: true },
)
const spec = fc.record(
  {
    replicas: fc.nat(3),
    template: fc.record(
      { containers: fc.uniqueArray(container, { selector: (one) => one.name, maxLength: 3 }), nodeName: name },
      { requiredKeys: ['containers'], noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const labels = fc.dictionary(name, name, { maxKeys: 3, noNullPrototype: true })
const config = fc.record({ spec, labels }, { noNullPrototype: true }).map(({ spec, labels }) => ({
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  metadata: { name: 'web', labels },
  spec,
}))

const apply = (configuration: Json, manager: string, live?: KubernetesObject) => {
  const writer = { manager, apiVersion: 'apps/v1', time: '2026-01-01T00:00:00Z' }
  const request = { live, config: configuration, schema: 'Deployment', registry, writer, force: true }
  const { object, changed } = applyConfiguration(request)
  return { changed, object: decodeObject<KubernetesObject>(object, { schema: 'Deployment', registry }).object }
}
const bare = ({ metadata, ...rest }: KubernetesObject) => {
  const { managedFields: _, ...meta } = metadata
  return JSON.stringify({ ...rest, metadata: meta })
}

t.test('server-side apply', async (t) => {
  fc.assert(
    fc.property(config, (one) => {
      const { object } = apply(one, 'me')
      return !apply(one, 'me', object).changed
    }),
  )
  t.pass('again is no change')
  fc.assert(
    fc.property(config, config, (one, two) => {
      const replaced = apply(two, 'me', apply(one, 'me').object).object
      const fresh = apply(two, 'me').object
      const byName = (object: KubernetesObject): string => {
        const { spec: found } = object as unknown as { spec: { template?: { containers: Json[] } } }
        found.template?.containers.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
        return bare(object)
      }
      return byName(replaced) === byName(fresh)
    }),
  )
  t.pass('a sole manager gets what it says, whatever it said before')
})

t.test('patches', async (t) => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 2 }), fc.object({ maxDepth: 2 }), (object, patch) => {
      const once = applyMergePatch(JSON.parse(JSON.stringify(object)) as Json, JSON.parse(JSON.stringify(patch)))
      return JSON.stringify(applyMergePatch(once, JSON.parse(JSON.stringify(patch)))) === JSON.stringify(once)
    }),
  )
  t.pass('a merge patch twice is a merge patch once')
  fc.assert(
    fc.property(spec, spec, (object, patch) => {
      const options = { schema: 'DeploymentSpec', registry }
      const once = applyStrategicPatch(object as Json, patch, options)
      return JSON.stringify(applyStrategicPatch(once, patch, options)) === JSON.stringify(once)
    }),
  )
  t.pass('so is a strategic one')
})

import type { ResourceDefinition } from '@tandem/apimachinery'
import t from 'tap'
import { definitions } from '../src/registry.generated.ts'
import { builtInSchema } from '../src/schema/schema.ts'
import { created, noon, row } from './rules.ts'

const all = definitions as unknown as ResourceDefinition[]

for (const definition of all) {
  const { group, version, kind, plural, schema, scope } = definition
  t.test(`${plural}.${version}.${group}`, async (t) => {
    const type = builtInSchema.type(schema)
    t.ok(type.fields.has('metadata'), 'its schema is that of an object')
    t.ok(schema.endsWith(`.${version}.${kind}`))
    t.equal(plural, plural.toLowerCase())
    t.ok(scope === 'Cluster' || scope === 'Namespaced')

    const object = created(definition, {})
    t.ok(definition.validate ? Array.isArray(definition.validate(object)) : true, 'nothing but a name can be judged')
    t.ok(definition.validateUpdate ? Array.isArray(definition.validateUpdate(object, structuredClone(object))) : true)
    t.ok(row(definition, object, noon), 'and printed')
    for (const [field, value] of Object.entries(definition.selectableFields ?? {}))
      t.type(value(object), 'string', field)
    for (const field of Object.keys(object)) t.ok(type.fields.has(field), `${field} is in the schema`)
  })
}

t.test('no two are of one name', async (t) => {
  const names = all.map(({ group, version, plural }) => `${group}/${version}/${plural}`)
  t.equal(new Set(names).size, names.length)
})

t.test('short names name one resource of a group', async (t) => {
  const names = all.flatMap(({ group, plural, shortNames = [] }) =>
    shortNames.map((name) => `${name}=${group}/${plural}`),
  )
  const byShort = new Map<string, Set<string>>()
  for (const name of names) {
    const [short = '', resource = ''] = name.split('=')
    byShort.set(short, (byShort.get(short) ?? new Set()).add(resource))
  }
  const shared = [...byShort].filter(([, resources]) => resources.size > 1).map(([short]) => short)
  t.strictSame(shared, ['ev'], 'events are in two groups')
})

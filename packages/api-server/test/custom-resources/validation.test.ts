import t from 'tap'
import { customServer, widget, widgets, widgetsPath } from './widgets.ts'

const embedded = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', labels: { a: 'b' }, odd: 1 },
  spec: { any: 1 },
}

interface Row {
  name: string
  spec: object
  message: string
}

const rows: Row[] = [
  {
    name: 'a wrong type',
    spec: { color: 1 },
    message: 'spec.color: Invalid value: "integer": spec.color in body must be of type string: "integer"',
  },
  {
    name: 'below a bound',
    spec: { size: 0 },
    message: 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
  },
  {
    name: 'none of what may be chosen',
    spec: { color: 'blue' },
    message: 'spec.color: Unsupported value: "blue": supported values: "red", "green"',
  },
  { name: 'too long', spec: { name: 'abcdef' }, message: 'spec.name: Too long: may not be more than 5 bytes' },
  {
    name: 'another pattern',
    spec: { name: 'A' },
    message: `spec.name: Invalid value: "A": spec.name in body should match '^[a-z]*$'`,
  },
  {
    name: 'neither a number nor a text',
    spec: { port: true },
    message: 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  },
  {
    name: 'what a list needs',
    spec: { ports: [{ number: 1 }] },
    message: 'spec.ports[0].name: Required value',
  },
  {
    name: 'keys that repeat',
    spec: { ports: [{ name: 'a' }, { name: 'a' }] },
    message: 'spec.ports[1]: Duplicate value: {"name":"a"}',
  },
  { name: 'a set that repeats', spec: { tags: ['a', 'a'] }, message: 'spec.tags[1]: Duplicate value: "a"' },
  {
    name: 'an embedded resource without a kind',
    spec: { template: { apiVersion: 'v1' } },
    message: 'spec.template.kind: Required value',
  },
]

t.test('objects that their schema does not allow', async (t) => {
  const { ask, define, stop } = await customServer()
  t.teardown(stop)
  await define(widgets)
  for (const { name, spec, message } of rows) {
    const { code, body } = await ask('POST', widgetsPath, widget('x', spec))
    t.equal(code, 422, name)
    t.equal(body.message, `Widget.stable.example.com "x" is invalid: ${message}`)
  }

  const strict = `${widgetsPath}?fieldValidation=Strict`
  const refused = await ask(
    'POST',
    strict,
    '{"kind":"Widget","apiVersion":"stable.example.com/v1","metadata":{"name":"x","odd":1},"spec":{"a":1,"size":2,"size":3}}',
  )
  t.equal(refused.code, 400)
  t.match(
    refused.body.message,
    'strict decoding error: duplicate field "spec.size", unknown field "metadata.odd", unknown field "spec.a"',
  )
  const kept = await ask(
    'POST',
    widgetsPath,
    widget('y', { template: embedded, free: { any: { thing: null } }, note: null, color: null }),
  )
  t.same(kept.body.spec, {
    template: { ...embedded, metadata: { name: 'p', labels: { a: 'b' } } },
    free: { any: { thing: null } },
    note: null,
    size: 3,
  })
  t.match((await ask('POST', widgetsPath, widget('z', {}, { metadata: { name: 'z', labels: 1 } }))).body, {
    code: 400,
    message: /cannot unmarshal number into Go struct field ObjectMeta\.metadata\.labels of type map\[string\]string/,
  })
})

t.test('server-side apply follows the schema', async (t) => {
  const { ask, define, stop } = await customServer()
  t.teardown(stop)
  await define(widgets)
  const apply = (manager: string, spec: object, query = '') =>
    ask('PATCH', `${widgetsPath}/a?fieldManager=${manager}${query}`, JSON.stringify(widget('a', spec)), {
      type: 'application/apply-patch+yaml',
    })
  t.equal((await apply('one', { ports: [{ name: 'a', number: 1 }], labels: { x: '1' }, tags: ['s'] })).code, 201)
  const both = await apply('two', { ports: [{ name: 'b' }], labels: { y: '2' }, tags: ['t'], free: { k: { l: 1 } } })
  t.match(both.body.spec, {
    ports: [
      { name: 'a', number: 1 },
      { name: 'b', number: 80 },
    ],
    labels: { x: '1', y: '2' },
    tags: ['s', 't'],
  })
  t.same(
    both.body.metadata.managedFields.map(({ manager, fieldsV1 }: { manager: string; fieldsV1: object }) => [
      manager,
      fieldsV1,
    ]),
    [
      [
        'one',
        {
          'f:spec': {
            'f:labels': { 'f:x': {} },
            'f:ports': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:number': {} } },
            'f:tags': { 'v:"s"': {} },
          },
        },
      ],
      [
        'two',
        {
          'f:spec': {
            'f:free': { 'f:k': { '.': {}, 'f:l': {} } },
            'f:labels': { 'f:y': {} },
            'f:ports': { 'k:{"name":"b"}': { '.': {}, 'f:name': {} } },
            'f:tags': { 'v:"t"': {} },
          },
        },
      ],
    ],
  )
  const conflict = await apply('two', { labels: { x: '3' } })
  t.equal(conflict.code, 409)
  t.match(conflict.body.message, 'Apply failed with 1 conflict: conflict with "one": .spec.labels.x')
  const dropped = await apply('one', { labels: { x: '1' } })
  t.match(dropped.body.spec, { ports: [{ name: 'b' }], tags: ['t'] })
  const unknown = await apply('one', { nothing: 1 })
  t.equal(unknown.code, 400)
  t.match(unknown.body.message, '.spec.nothing: field not declared in schema')
})

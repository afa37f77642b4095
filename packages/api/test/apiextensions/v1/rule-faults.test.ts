import t from 'tap'
import type { Schema } from '../../../src/apiextensions/v1/json-schema.ts'
import { ruleFaultsUnless } from '../../../src/apiextensions/v1/rule-faults.ts'
import { validateValue } from '../../../src/apiextensions/v1/schema-values.ts'

const string: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }
const rule = (text: string, more: object = {}) => ({ rule: text, ...more })
const ruled = (schema: Schema, ...rules: ReturnType<typeof rule>[]): Schema => ({
  ...schema,
  'x-kubernetes-validations': rules,
})
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
})
const spec = (schema: Schema): Schema => object({ spec: schema })

interface Row {
  name: string
  schema: Schema
  value: object
  before?: object
  expected: string[]
}

const sized = spec(
  ruled(object({ size: integer, max: integer }), rule('self.size <= self.max', { message: 'size is above max' })),
)
const key: Schema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: ruled(object({ name: string, n: integer }), rule('self.n >= oldSelf.n')),
}

const rows: Row[] = [
  { name: 'a rule that holds', schema: sized, value: { spec: { size: 1, max: 2 } }, expected: [] },
  {
    name: 'one that does not',
    schema: sized,
    value: { spec: { size: 3, max: 2 } },
    expected: ['spec: Invalid value: size is above max'],
  },
  {
    name: 'a field that is not there',
    schema: sized,
    value: { spec: { size: 3 } },
    expected: ['spec: Invalid value: "object": no such key: max evaluating rule: size is above max'],
  },
  {
    name: 'without a message, the rule itself; and a plain value is told',
    schema: spec(ruled(integer, rule('self > 5'))),
    value: { spec: 3 },
    expected: ['spec: Invalid value: 3: failed rule: self > 5'],
  },
  {
    name: 'a message that is made, a reason and a place',
    schema: spec(
      ruled(
        object({ a: string, b: string }),
        rule("self.a != 'x'", { messageExpression: "'no ' + self.a", reason: 'FieldValueForbidden', fieldPath: '.a' }),
      ),
    ),
    value: { spec: { a: 'x' } },
    expected: ['spec.a: Forbidden: no x'],
  },
  {
    name: 'a message that cannot be made',
    schema: spec(ruled(object({ a: string }), rule('false', { messageExpression: 'self.b', message: 'plain' }))),
    value: { spec: { a: 'x' } },
    expected: ['spec: Invalid value: plain'],
  },
  {
    name: 'transitions, which nothing is said of when there was nothing',
    schema: spec(ruled(string, rule('self == oldSelf', { message: 'is immutable' }))),
    value: { spec: 'a' },
    expected: [],
  },
  {
    name: 'transitions that are not allowed',
    schema: spec(ruled(string, rule('self == oldSelf', { message: 'is immutable' }))),
    value: { spec: 'b' },
    before: { spec: 'a' },
    expected: ['spec: Invalid value: "b": is immutable'],
  },
  {
    name: 'what was before, if anything was',
    schema: spec(ruled(string, rule("oldSelf.hasValue() || self == 'first'", { optionalOldSelf: true }))),
    value: { spec: 'b' },
    expected: ['spec: Invalid value: "b": failed rule: oldSelf.hasValue() || self == \'first\''],
  },
  {
    name: 'what was wrong before and is the same may stay',
    schema: spec(object({ a: ruled(string, rule("self != 'x'")), b: string })),
    value: { spec: { a: 'x', b: 'new' } },
    before: { spec: { a: 'x' } },
    expected: [],
  },
  {
    name: 'elements are compared by their keys',
    schema: object({ list: key }),
    value: {
      list: [
        { name: 'b', n: 2 },
        { name: 'a', n: 0 },
      ],
    },
    before: {
      list: [
        { name: 'a', n: 1 },
        { name: 'b', n: 2 },
      ],
    },
    expected: ['list[1]: Invalid value: failed rule: self.n >= oldSelf.n'],
  },
  {
    name: 'the root, by its name and kind',
    schema: ruled(object({}), rule("self.metadata.name.startsWith('a') && self.kind == 'Thing'")),
    value: { kind: 'Thing', metadata: { name: 'b' } },
    expected: ["<nil>: Invalid value: failed rule: self.metadata.name.startsWith('a') && self.kind == 'Thing'"],
  },
  {
    name: 'fields whose names CEL cannot write',
    schema: spec(ruled(object({ 'a-b': integer, in: integer }), rule('self.a__dash__b == 1 && self.__in__ == 2'))),
    value: { spec: { 'a-b': 1, in: 2 } },
    expected: [],
  },
  {
    name: 'nothing is asked of what is wrong already',
    schema: spec(ruled(object({ size: integer }, { required: ['size'] }), rule('self.size > 1'))),
    value: { spec: {} },
    expected: [
      'spec.size: Required value',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ],
  },
]
for (const { name, schema, value, before, expected } of rows)
  t.test(name, async (t) => {
    const was = before && { value: before }
    const faults = validateValue({ field: '', name: '' }, value, schema, was)
    const all = [...faults, ...ruleFaultsUnless(faults, value, schema, was)]
    t.strictSame(
      all.map(({ field, message }) => `${field}: ${message}`),
      expected,
    )
  })

/** Each holds of `{ text: 'a.b', list: [3, 1, 2], map: { a: '1' }, time: … }`. */
const holds = [
  "self.text.matches('^a[.]b$') && !self.text.matches('^b')",
  'self.list.all(x, x > 0) && self.list.exists(x, x == 3) && self.list.exists_one(x, x == 1)',
  'self.list.all(i, x, i < 3 && x > 0) && self.list.transformList(i, x, x * 2).sum() == 12',
  "self.map.all(k, v, k == 'a' && v == '1') && self.map.transformMap(k, v, v + '0')['a'] == '10'",
  'self.list.isSorted() || (self.list.sum() + self.list.max()) % 2 == 1',
  'self.list.min() == 1 && self.list.max() == 3 && !self.list.isSorted() && self.list.sort() == [1, 2, 3]',
  'self.list.indexOf(1) == 1 && [1, 1].lastIndexOf(1) == 1 && [1, 1].distinct().size() == 1',
  "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('2').add(1).asInteger() == 3",
  "url('https://example.com:80/p?a=b').getHost() == 'example.com:80' && isURL('/p') && !isURL('p')",
  "cidr('10.0.0.0/8').containsIP('10.1.2.3') && ip('::1').isLoopback() && ip('10.0.0.1').family() == 4",
  "semver('1.2.3').isLessThan(semver('1.10.0')) && isSemver('v1.0', true)",
  "!format.dns1123Label().validate('ok').hasValue() && format.named('dns1123Label').value().validate('No').hasValue()",
  "'%s has %d'.format(['a', 2]) == 'a has 2' && 'a,b'.split(',').size() == 2 && ['a', 'b'].join('-') == 'a-b'",
  "self.time.getFullYear() == 2026 && self.wait < duration('2h')",
  "has(self.text) && !has(self.none) && self.?none.orValue('x') == 'x'",
  'sets.contains([1, 2], [1]) && sets.equivalent([1, 2], [2, 1]) && sets.intersects([1], [1, 2])',
  'self.port == 80 && type(self.port) == int',
]
t.test('what expressions can do', async (t) => {
  const properties: Record<string, Schema> = {
    text: string,
    none: string,
    list: { type: 'array', items: integer },
    map: { type: 'object', additionalProperties: string },
    time: { type: 'string', format: 'date-time' },
    wait: { type: 'string', format: 'duration' },
    port: { 'x-kubernetes-int-or-string': true },
  }
  const value = { text: 'a.b', list: [3, 1, 2], map: { a: '1' }, time: '2026-01-02T03:04:05Z', wait: '90m', port: 80 }
  for (const text of holds)
    t.strictSame(
      ruleFaultsUnless([], value, ruled(object(properties), rule(text))).map(({ message }) => message),
      [],
      text,
    )
})

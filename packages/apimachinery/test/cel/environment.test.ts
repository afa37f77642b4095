import t from 'tap'
import { CelCompiler } from '../../src/cel/environment.ts'

const compiler = new CelCompiler({
  variables: { object: 'dyn', request: 'test.Request', authorizer: 'kubernetes.authorization.Authorizer' },
  types: { 'test.Kind': { group: 'string' }, 'test.Request': { kind: 'test.Kind', operation: 'string' } },
  messages: ['Object', 'JSONPatch'],
})

const good: [string, string][] = [
  ['object.spec.replicas <= 5', 'bool'],
  ['object.items.all(index, item, index < 3 && item.ready)', 'bool'],
  ['[1, 2].exists(index, item, item > index)', 'bool'],
  ["{'a': 1}.transformMap(key, value, value + 1)", 'map'],
  ["request.kind.group == 'apps'", 'bool'],
  ["authorizer.group('').resource('pods').namespace('a').check('create').allowed()", 'bool'],
  ["quantity('1Gi').add(quantity('2')).isGreaterThan(quantity('3'))", 'bool'],
  ["semver('1.2.3').major()", 'int'],
  ["cidr('10.0.0.0/8').containsIP(ip('10.1.1.1'))", 'bool'],
  ["url('https://a').getHost()", 'string'],
  ["format.dns1123Label().validate('a').hasValue()", 'bool'],
  ['sets.intersects([1], [1, 2])', 'bool'],
  ["object.?metadata.?labels['a'].orValue('') == 'b'", 'bool'],
  ["'a,b'.split(',').distinct().size()", 'int'],
  ["Object{spec: Object.spec{replicas: 2, list: [Object.spec.list{name: 'a, {b}'}]}}", 'Object'],
  ['Object{}', 'Object'],
  ["[JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c'), value: {'x': 1}}]", 'list(JSONPatch)'],
  ["object.name.matches('^[a-z]+$')", 'bool'],
]
for (const [expression, type] of good)
  t.test(expression, async (t) => t.strictSame(compiler.compile(expression), { type }))

const bad = [
  {
    expression: 'true ||\n  other',
    fault:
      "compilation failed: ERROR: <input>:2:3: undeclared reference to 'other' (in container '')\n |   other\n | ..^",
  },
  {
    expression: 'request.name',
    fault: "compilation failed: ERROR: <input>:1:9: undefined field 'name'\n | request.name\n | ........^",
  },
  { expression: "'a' + 1", fault: /no such overload/ },
  { expression: 'object.', fault: /Syntax error/ },
  { expression: "object.name.matches('[a')", fault: /missing closing \]/ },
  { expression: "[1, 'a']", fault: /must have the same type/ },
]
for (const { expression, fault } of bad)
  t.test(`not good: ${expression}`, async (t) => t.match(compiler.compile(expression), { fault }))

t.test('what it has to yield', async (t) => {
  t.equal(compiler.fault('1 + 1', ['bool']), 'must evaluate to bool but got int')
  t.equal(compiler.fault('true', ['string', 'null_type']), 'must evaluate to one of [string null_type] but got bool')
  t.equal(compiler.fault('null', ['string', 'null_type']), undefined)
})

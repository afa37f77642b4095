import t from 'tap'
import {
  labelMatcherOf,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  printFieldMatcher,
  printLabelMatcher,
  requiredField,
} from '../src/index.ts'

const labels = { app: 'web', tier: 'front', size: '12' }
const matching: [string, string, boolean, string?][] = [
  ['empty matches all', '', true],
  ['equality', 'app=web', true],
  ['double equality', 'app==web', true],
  ['other value', 'app=db', false],
  ['not equal', 'app!=db', true],
  ['not equal on a missing key', 'none!=x', true],
  ['in', 'app in (db, web)', true, 'app in (db,web)'],
  ['notin', 'app notin (db)', true],
  ['notin on a missing key', 'none notin (db)', true],
  ['exists', 'tier', true],
  ['does not exist', '!tier', false],
  ['greater', 'size>11', true],
  ['less', 'size<11', false],
  ['greater on text', 'app>11', false],
  ['all must hold', 'tier=front,app=db', false, 'app=db,tier=front'],
  ['empty value', 'none=', false, 'none='],
  ['empty values in a set', 'x in (foo,,baz),y,z notin ()', false, 'x in (,baz,foo),y,z notin ()'],
  ['a keyword as value', 'app in (in,notin)', false],
]
for (const [name, text, expected, print] of matching)
  t.test(`labels: ${name}`, async (t) => {
    const matcher = parseLabelSelector(text)
    t.equal(matchesLabels(matcher, labels), expected)
    t.equal(printLabelMatcher(matcher), print ?? text)
  })

const faulty: [string, string | RegExp][] = [
  ['a,', "found '', expected: identifier after ','"],
  [',a', "found ',', expected: !, identifier, or 'end of string'"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a=(', "unable to parse requirement: found '(', expected: identifier"],
  ['a/b/c=d', /^unable to parse requirement: <nil>: Invalid value: "a\/b\/c": a valid label key must consist/],
  ['a=%', /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "%": a valid label must be/],
]
for (const [text, message] of faulty)
  t.test(`labels refused: ${text}`, async (t) => {
    t.throws(() => parseLabelSelector(text), { message, code: 400 })
  })

t.test('selector objects', async (t) => {
  const matcher = labelMatcherOf({
    matchLabels: { tier: 'front' },
    matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }],
  })
  t.equal(printLabelMatcher(matcher), 'app in (db,web),tier=front')
  t.ok(matchesLabels(matcher, labels))
  t.ok(matchesLabels(labelMatcherOf({}), undefined), 'empty selects everything')
  t.notOk(matchesLabels(labelMatcherOf(undefined), labels), 'absent selects nothing')
  t.throws(() => labelMatcherOf({ matchExpressions: [{ key: 'a', operator: 'Near' }] }), {
    message: '"Near" is not a valid label selector operator',
  })
  t.notOk(matchesLabels(parseLabelSelector('constructor'), {}), 'inherited properties are no labels')
})

const fields = { 'metadata.name': 'a', 'spec.nodeName': 'x,y=z' }
for (const [text, expected] of [
  ['', true],
  ['metadata.name=a', true],
  ['metadata.name==a,spec.nodeName!=b', true],
  ['metadata.name!=a', false],
  ['spec.nodeName=x\\,y\\=z', true],
  ['other=', true],
] as const)
  t.test(`fields: ${text}`, async (t) => {
    t.equal(matchesFields(parseFieldSelector(text), fields), expected)
  })

for (const [text, message] of [
  ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
  ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
] as const)
  t.test(`fields refused: ${text}`, async (t) => {
    t.throws(() => parseFieldSelector(text), { message, code: 400 })
  })

t.test('fields are told and printed', async (t) => {
  const matcher = parseFieldSelector('spec.nodeName=n,metadata.name!=a\\,b')
  t.equal(requiredField(matcher, 'spec.nodeName'), 'n')
  t.equal(requiredField(matcher, 'metadata.name'), undefined)
  t.equal(printFieldMatcher(matcher), 'metadata.name!=a\\,b,spec.nodeName=n')
})

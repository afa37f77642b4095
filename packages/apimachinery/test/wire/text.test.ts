import t from 'tap'
import { parseJson } from '../../src/wire/json.ts'
import { parseYaml, printYaml } from '../../src/wire/yaml.ts'

const faulty: [string, string][] = [
  ['', 'unexpected end of JSON input'],
  ['{"a":', 'unexpected end of JSON input'],
  ['"abc', 'unexpected end of JSON input'],
  ['abc', "invalid character 'a' looking for beginning of value"],
  ['kind: Pod', "invalid character 'k' looking for beginning of value"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['tru3', "invalid character '3' in literal true (expecting 'e')"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['-a', "invalid character 'a' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1e}', "invalid character '}' in exponent of numeric literal"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
]
for (const [text, message] of faulty)
  t.test(`JSON refused: ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parseJson(Buffer.from(text)), { message, code: 'DECODE' })
  })

t.test('JSON is parsed, and too deep a nesting is refused', async (t) => {
  t.same(parseJson(Buffer.from('{"a":[1,{"b":"ä[[["}]}')), { a: [1, { b: 'ä[[[' }] })
  t.throws(() => parseJson(Buffer.from('['.repeat(100_000))), { message: 'exceeded max depth' })
  const brackets = `["${'['.repeat(10_000)}\\"${'['.repeat(10_000)}"]`
  t.doesNotThrow(() => parseJson(Buffer.from(brackets)), 'brackets in text are no nesting')
})

t.test('YAML', async (t) => {
  t.same(parseYaml(Buffer.from('a: 1\nb: [x]')), { a: 1, b: ['x'] })
  t.throws(() => parseYaml(Buffer.from('a: 1\n b: 2')), {
    message: /^error converting YAML to JSON: yaml: line 2: /,
    code: 'DECODE',
  })
  t.equal(printYaml({ a: 'yes', b: 'on', c: true, d: 'x'.repeat(200) }).split('\n').length, 5)
  t.match(printYaml({ a: 'yes' }), /^a: ['"]yes['"]$/m)
})

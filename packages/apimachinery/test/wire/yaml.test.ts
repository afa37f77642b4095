import t from 'tap'
import { parseYaml, parseYamlDocuments } from '../../src/wire/yaml.ts'

const rows: { yaml: string; value: unknown; name: string }[] = [
  { name: 'a leading zero is octal', yaml: '0755', value: 493 },
  { name: 'as is 0o', yaml: '0o17', value: 15 },
  { name: 'hexadecimal', yaml: '0x10', value: 16 },
  { name: 'underscores between digits', yaml: '1_000', value: 1000 },
  { name: 'zero', yaml: '0', value: 0 },
  { name: 'two numbers and a colon are text', yaml: '8080:80', value: '8080:80' },
  { name: 'a date is text', yaml: '2001-01-01', value: '2001-01-01' },
  { name: 'yes is true', yaml: 'yes', value: true },
  { name: 'unless it is quoted', yaml: '"yes"', value: 'yes' },
  { name: 'nothing is null', yaml: 'a:', value: { a: null } },
  { name: 'merge keys', yaml: 'a: &x {k: 1}\nb:\n  <<: *x', value: { a: { k: 1 }, b: { k: 1 } } },
]

for (const { name, yaml, value } of rows) {
  t.test(name, (t) => {
    t.same(parseYaml(Buffer.from(yaml)), value)
    t.end()
  })
}

t.test('a file holds many documents', (t) => {
  t.same(parseYamlDocuments('a: 1\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }])
  t.end()
})

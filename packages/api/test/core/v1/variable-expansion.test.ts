import t from 'tap'
import { expandVariables } from '../../../src/core/v1/variable-expansion.ts'

const variables = new Map([
  ['A', 'one'],
  ['B', '$(A)'],
  ['EMPTY', ''],
])

const rows: [name: string, text: string, expected: string][] = [
  ['no reference', 'plain', 'plain'],
  ['a reference', '$(A)', 'one'],
  ['references within text', 'x-$(A)-$(A)-y', 'x-one-one-y'],
  ['an unknown one stays', '$(MISSING)', '$(MISSING)'],
  ['an empty value', '[$(EMPTY)]', '[]'],
  ['an escaped one', '$$(A)', '$(A)'],
  ['escaped and then referred to', '$$$(A)', '$one'],
  ['values are not expanded again', '$(B)', '$(A)'],
  ['an unclosed one stays', '$(A', '$(A'],
  ['a lone sign', 'cost: $5 and $', 'cost: $5 and $'],
  ['without parentheses it is the shell’s', '$A', '$A'],
]

for (const [name, text, expected] of rows)
  t.test(name, async (t) => {
    t.equal(expandVariables(text, variables), expected)
  })

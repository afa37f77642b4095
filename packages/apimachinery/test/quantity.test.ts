import t from 'tap'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  printQuantity,
  quantityMilliValue,
  quantityOfMilliValue,
  quantityToNumber,
  quantityValue,
  subtractQuantities,
} from '../src/index.ts'

const canonical: [string, string][] = [
  ['0', '0'],
  ['0Gi', '0'],
  ['1', '1'],
  ['+1', '1'],
  ['-1', '-1'],
  ['.5', '500m'],
  ['1.', '1'],
  ['0.5', '500m'],
  ['1.5', '1500m'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['100000', '100k'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1Ki', '1Ki'],
  ['1024Ki', '1Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['0.1Gi', '107374182400m'],
  ['1000Ki', '1000Ki'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12e1', '120'],
  ['1E', '1E'],
  ['1e-3', '1e-3'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['1.0000000001', '1000000001n'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', '9223372036854775808'],
  ['100E', '100E'],
  ['16Ei', '9223372036854775807'],
  ['-16Ei', '-9223372036854775807'],
]
for (const [text, expected] of canonical)
  t.test(`${text} prints as ${expected}`, async (t) => {
    t.equal(printQuantity(parseQuantity(text)), expected)
    t.equal(canonicalQuantity(` ${text}`), expected)
    t.equal(printQuantity(parseQuantity(expected)), expected, 'canonical form is stable')
  })

for (const [text, message] of [
  ['', /must match the regular expression/],
  ['.', /must match/],
  ['1.2.3', /must match/],
  ['abc', /must match/],
  ['1 Gi', /must match/],
  ['--1', /must match/],
  ['1ki', "unable to parse quantity's suffix"],
  ['1mi', "unable to parse quantity's suffix"],
  ['1KK', "unable to parse quantity's suffix"],
  ['1e', "unable to parse quantity's suffix"],
] as const)
  t.test(`${text} is refused`, async (t) => {
    t.throws(() => parseQuantity(text), { message, code: 'QUANTITY_SYNTAX' })
  })

t.test('arithmetic is exact', async (t) => {
  t.equal(printQuantity(addQuantities('100m', '0.2')), '300m')
  t.equal(printQuantity(addQuantities('0', '1Gi')), '1Gi', 'zero takes the other format')
  t.equal(printQuantity(addQuantities('1Gi', '1M')), '1074741824')
  t.equal(printQuantity(subtractQuantities('1', '1001m')), '-1m')
  t.equal(compareQuantities('1Gi', '1024Mi'), 0)
  t.equal(compareQuantities('999m', '1'), -1)
  t.equal(compareQuantities('1Gi', '1G'), 1)
})

t.test('numbers are rounded away from zero', async (t) => {
  t.equal(quantityValue('1001m'), 2)
  t.equal(quantityValue('-1001m'), -2)
  t.equal(quantityValue('1Gi'), 1073741824)
  t.equal(quantityMilliValue('250m'), 250)
  t.equal(quantityMilliValue('1u'), 1)
  t.equal(quantityToNumber('1500m'), 1.5)
  t.equal(printQuantity(quantityOfMilliValue(2500)), '2500m')
})

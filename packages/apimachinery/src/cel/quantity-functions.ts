import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  QuantityError,
  quantityOfValue,
  quantityToNumber,
  subtractQuantities,
} from '../quantity.ts'
import type { Implementations } from './implementations.ts'

/** A quantity as an expression has it. */
export class CelQuantity {
  readonly value: Quantity

  constructor(value: Quantity) {
    this.value = value
  }
}

const whole = 1_000_000_000n
const limit = 2n ** 63n

const isWhole = ({ nanos }: Quantity): boolean =>
  nanos % whole === 0n && nanos / whole < limit && nanos / whole >= -limit

const ofInt = (value: bigint): Quantity => quantityOfValue(Number(value))

const isQuantity = (text: string): boolean => {
  try {
    parseQuantity(text)
    return true
  } catch (error) {
    if (error instanceof QuantityError) return false
    throw error
  }
}

const quantity = 'kubernetes.Quantity'

export const quantityFunctions: Implementations = {
  [`quantity(string): ${quantity}`]: (text: string) => new CelQuantity(parseQuantity(text)),
  'isQuantity(string): bool': isQuantity,
  [`${quantity}.sign(): int`]: ({ value }: CelQuantity) => BigInt(compareQuantities(value, '0')),
  [`${quantity}.isGreaterThan(${quantity}): bool`]: (a: CelQuantity, b: CelQuantity) =>
    compareQuantities(a.value, b.value) > 0,
  [`${quantity}.isLessThan(${quantity}): bool`]: (a: CelQuantity, b: CelQuantity) =>
    compareQuantities(a.value, b.value) < 0,
  [`${quantity}.compareTo(${quantity}): int`]: (a: CelQuantity, b: CelQuantity) =>
    BigInt(compareQuantities(a.value, b.value)),
  [`${quantity}.asApproximateFloat(): double`]: ({ value }: CelQuantity) => quantityToNumber(value),
  [`${quantity}.asInteger(): int`]({ value }: CelQuantity) {
    if (!isWhole(value)) throw new Error('cannot convert value to integer')
    return value.nanos / whole
  },
  [`${quantity}.isInteger(): bool`]: ({ value }: CelQuantity) => isWhole(value),
  [`${quantity}.add(${quantity}): ${quantity}`]: (a: CelQuantity, b: CelQuantity) =>
    new CelQuantity(addQuantities(a.value, b.value)),
  [`${quantity}.add(int): ${quantity}`]: (a: CelQuantity, b: bigint) =>
    new CelQuantity(addQuantities(a.value, ofInt(b))),
  [`${quantity}.sub(${quantity}): ${quantity}`]: (a: CelQuantity, b: CelQuantity) =>
    new CelQuantity(subtractQuantities(a.value, b.value)),
  [`${quantity}.sub(int): ${quantity}`]: (a: CelQuantity, b: bigint) =>
    new CelQuantity(subtractQuantities(a.value, ofInt(b))),
}

/**
 * Amounts such as `100m`, `1Gi`, `2e3`: exact to a billionth, never a floating-point number. Go's and this server's canonical form agree,
 * so that an object reads back as it does upstream.
 */
export interface Quantity {
  /** Billionths. */
  readonly nanos: bigint
  /** How it is printed: with `k M G`, with `Ki Mi Gi`, or with `e3 e6`. */
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent'
}

export type QuantityLike = string | Quantity

export class QuantityError extends Error {
  readonly code = 'QUANTITY_SYNTAX'
}

const malformed = () =>
  new QuantityError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")

const nano = 1_000_000_000n
/** Binary amounts beyond the largest 64-bit integer are cut to it. */
const maxNanos = (2n ** 63n - 1n) * nano

const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/

interface Scale {
  /** Nanos in one unit, as a fraction: exponents below -9 have a divisor. */
  multiplier: bigint
  divisor: bigint
  format: Quantity['format']
}

function scaleOf(suffix: string): Scale | undefined {
  const decimal = decimalSuffixes.indexOf(suffix)
  if (decimal >= 0) return { multiplier: 1000n ** BigInt(decimal), divisor: 1n, format: 'DecimalSI' }
  const binary = binarySuffixes.indexOf(suffix)
  if (binary > 0) return { multiplier: nano * 1024n ** BigInt(binary), divisor: 1n, format: 'BinarySI' }
  const exponent = /^[eE]([-+]?\d{1,3})$/.exec(suffix)?.[1]
  if (exponent === undefined) return undefined
  const power = Number(exponent) + 9
  return {
    multiplier: power > 0 ? 10n ** BigInt(power) : 1n,
    divisor: power < 0 ? 10n ** BigInt(-power) : 1n,
    format: 'DecimalExponent',
  }
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by

const rememberedTexts = 4096
const rememberedLength = 32

function remember<T>(known: Map<string, T>, text: string, value: T): T {
  if (text.length > rememberedLength) return value
  if (known.size >= rememberedTexts) known.clear()
  known.set(text, value)
  return value
}

const parsed = new Map<string, Quantity>()

/**
 * Throws QuantityError in upstream's words. Amounts finer than a billionth are rounded away from zero. Remembered, since one write reads
 * the same few amounts over and over.
 */
export function parseQuantity(text: string): Quantity {
  return parsed.get(text) ?? remember(parsed, text, read(text))
}

function read(text: string): Quantity {
  const [, sign, whole = '', fraction = '', suffix = ''] = shape.exec(text) ?? []
  if (sign === undefined || (whole === '' && fraction === '')) throw malformed()
  const scale = scaleOf(suffix)
  if (!scale) throw /^\d/.test(suffix) ? malformed() : new QuantityError("unable to parse quantity's suffix")
  const digits = BigInt(whole + fraction)
  const exact = divideUp(digits * scale.multiplier, scale.divisor * 10n ** BigInt(fraction.length))
  const nanos = scale.format === 'BinarySI' && exact > maxNanos ? maxNanos : exact
  return { nanos: sign === '-' ? -nanos : nanos, format: scale.format }
}

const quantityOf = (value: QuantityLike): Quantity => (typeof value === 'string' ? parseQuantity(value) : value)

/** How often `base` divides the amount, at most `limit` times, and what remains. */
function factorOut(amount: bigint, base: bigint, limit: number): { rest: bigint; power: number } {
  let rest = amount
  let power = 0
  while (power < limit && rest % base === 0n) {
    rest /= base
    power++
  }
  return { rest, power }
}

/** The canonical form: no fraction, the largest suffix that leaves an integer. */
export function printQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0'
  if (format === 'BinarySI' && nanos % nano === 0n && (nanos >= 1024n * nano || nanos <= -1024n * nano)) {
    const { rest, power } = factorOut(nanos / nano, 1024n, binarySuffixes.length - 1)
    return `${rest}${binarySuffixes[power]}`
  }
  const { rest, power } = factorOut(nanos, 1000n, decimalSuffixes.length - 1)
  if (format !== 'DecimalExponent') return `${rest}${decimalSuffixes[power]}`
  const exponent = power * 3 - 9
  return exponent === 0 ? String(rest) : `${rest}e${exponent}`
}

const canonical = new Map<string, string>()

/** As stored objects carry it. Remembered, as what is parsed is. */
export function canonicalQuantity(text: string): string {
  return canonical.get(text) ?? remember(canonical, text, printQuantity(parseQuantity(text.trim())))
}

/** Below 0, 0 or above 0, as a sort's comparison. */
export function compareQuantities(a: QuantityLike, b: QuantityLike): number {
  const difference = quantityOf(a).nanos - quantityOf(b).nanos
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const combine = (a: Quantity, b: Quantity, nanos: bigint): Quantity => ({
  nanos,
  format: a.nanos === 0n ? b.format : a.format,
})

/** Keeps the format of the first, unless that is zero. */
export function addQuantities(a: QuantityLike, b: QuantityLike): Quantity {
  const [first, second] = [quantityOf(a), quantityOf(b)]
  return combine(first, second, first.nanos + second.nanos)
}

export function subtractQuantities(a: QuantityLike, b: QuantityLike): Quantity {
  const [first, second] = [quantityOf(a), quantityOf(b)]
  return combine(first, second, first.nanos - second.nanos)
}

const rounded = (value: QuantityLike, unit: bigint): number => {
  const { nanos } = quantityOf(value)
  return Number(nanos < 0n ? -divideUp(-nanos, unit) : divideUp(nanos, unit))
}

/** Whole units, rounded away from zero: bytes of memory, number of pods. */
export const quantityValue = (value: QuantityLike): number => rounded(value, nano)
/** Thousandths, rounded away from zero: CPU. */
export const quantityMilliValue = (value: QuantityLike): number => rounded(value, 1_000_000n)
/** The nearest floating-point number, for metrics and sorting by eye. */
export const quantityToNumber = (value: QuantityLike): number => Number(quantityOf(value).nanos) / 1e9

/** From whole units, or from thousandths. */
export const quantityOfValue = (value: number, format: Quantity['format'] = 'DecimalSI'): Quantity => ({
  nanos: BigInt(value) * nano,
  format,
})
export const quantityOfMilliValue = (value: number, format: Quantity['format'] = 'DecimalSI'): Quantity => ({
  nanos: BigInt(value) * 1_000_000n,
  format,
})

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' }

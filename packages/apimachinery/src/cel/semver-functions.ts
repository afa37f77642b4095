import type { Implementations } from './implementations.ts'

/** A semantic version as an expression has it. */
export class CelSemver {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint]
  readonly prerelease: readonly string[]

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    this.numbers = numbers
    this.prerelease = prerelease
  }

  /** Undefined for what is no version. */
  static parse(text: string): CelSemver | undefined {
    const { major, minor, patch, prerelease } = pattern.exec(text)?.groups ?? {}
    if (major === undefined || minor === undefined || patch === undefined) return undefined
    return new CelSemver([BigInt(major), BigInt(minor), BigInt(patch)], prerelease?.split('.') ?? [])
  }

  compareTo(other: CelSemver): -1 | 0 | 1 {
    for (const [index, number] of this.numbers.entries()) {
      const difference = compare(number, other.numbers[index] ?? 0n)
      if (difference !== 0) return difference
    }
    // A version comes after all that lead to it.
    if (this.prerelease.length === 0 || other.prerelease.length === 0)
      return compare(other.prerelease.length === 0 ? 0 : 1, this.prerelease.length === 0 ? 0 : 1)
    for (const [index, part] of this.prerelease.entries()) {
      const theirs = other.prerelease[index]
      if (theirs === undefined) return 1
      const difference = compareIdentifiers(part, theirs)
      if (difference !== 0) return difference
    }
    return compare(this.prerelease.length, other.prerelease.length)
  }
}

const number = '0|[1-9]\\d*'
const identifier = `(?:${number}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`
const pattern = new RegExp(
  `^(?<major>${number})\\.(?<minor>${number})\\.(?<patch>${number})(?:-(?<prerelease>${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
)

const compare = <T extends bigint | number | string>(a: T, b: T): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): -1 | 0 | 1 {
  const [first, second] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (first && second) return compare(BigInt(a), BigInt(b))
  return first === second ? compare(a, b) : first ? -1 : 1
}

/** `v1.02` as `1.2.0`. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/.exec(text.trim()) ?? []
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

const parsed = (text: string): CelSemver => {
  const version = CelSemver.parse(text)
  if (!version) throw new Error(`No Major.Minor.Patch elements found`)
  return version
}

const semver = 'kubernetes.Semver'

export const semverFunctions: Implementations = {
  [`semver(string): ${semver}`]: parsed,
  [`semver(string, bool): ${semver}`]: (text: string, isLenient: boolean) =>
    parsed(isLenient ? normalized(text) : text),
  'isSemver(string): bool': (text: string) => CelSemver.parse(text) !== undefined,
  'isSemver(string, bool): bool': (text: string, isLenient: boolean) =>
    CelSemver.parse(isLenient ? normalized(text) : text) !== undefined,
  [`${semver}.isGreaterThan(${semver}): bool`]: (a: CelSemver, b: CelSemver) => a.compareTo(b) > 0,
  [`${semver}.isLessThan(${semver}): bool`]: (a: CelSemver, b: CelSemver) => a.compareTo(b) < 0,
  [`${semver}.compareTo(${semver}): int`]: (a: CelSemver, b: CelSemver) => BigInt(a.compareTo(b)),
  [`${semver}.major(): int`]: ({ numbers }: CelSemver) => numbers[0],
  [`${semver}.minor(): int`]: ({ numbers }: CelSemver) => numbers[1],
  [`${semver}.patch(): int`]: ({ numbers }: CelSemver) => numbers[2],
}

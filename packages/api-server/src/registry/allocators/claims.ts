import { findFree, type NumberRange } from './range.ts'

/**
 * Who holds which numbers, kept in the store: what one server claims, no other one gets. A claim is made before the write it is for, so
 * a crash in between leaves a number that nobody has; the repair finds it.
 */
export interface Claims {
  /** False when somebody has it. */
  claim(number: number, holder: Holder): Promise<boolean>
  release(number: number): Promise<void>
  taken(): Promise<Set<number>>
}

/** The Service that a number is for. */
export interface Holder {
  namespace: string
  name: string
}

/** Claims any number that is free; undefined when none is. */
export async function claimFree(
  claims: Claims,
  range: NumberRange,
  { holder, except = new Set() }: { holder: Holder; except?: ReadonlySet<number | undefined> },
): Promise<number | undefined> {
  const taken = await claims.taken()
  for (;;) {
    const number = findFree(range, (candidate) => taken.has(candidate) || except.has(candidate))
    if (number === undefined || (await claims.claim(number, holder))) return number
    taken.add(number)
  }
}

/** Looks as if it claimed: for writes that are not done. */
export const withoutClaiming = (claims: Claims): Claims => ({
  claim: async (number) => !(await claims.taken()).has(number),
  release: async () => {},
  taken: () => claims.taken(),
})

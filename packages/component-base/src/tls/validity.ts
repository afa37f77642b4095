import { randomBytes } from 'node:crypto'

const hour = 3_600_000

export const days = (count: number): number => count * 24 * hour
export const years = (count: number): number => days(365) * count

/** A little in the past, so that a peer whose clock is behind still accepts a fresh certificate. */
export const notBefore = (now: number): Date => new Date(now - 5 * 60_000)

/** Sixteen random bytes; the first is kept between 1 and 127, since a serial number is a positive integer without padding. */
export function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) % 127) + 1
  return bytes.toString('hex')
}

import { randomInt } from 'node:crypto'
import { flatText } from './flat-text.ts'

// Without vowels and look-alikes, so that no words come out.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxNameLength = 63

export function generatedName(base: string): string {
  let suffix = ''
  for (let i = 0; i < suffixLength; i++) suffix += alphabet[randomInt(alphabet.length)]
  return flatText(base.slice(0, maxNameLength - suffixLength) + suffix)
}

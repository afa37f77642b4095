import type { DnsAnswer, DnsQuery } from '../message.ts'

/** One step on the way to an answer: it answers, or leaves that to the next. */
export interface DnsPlugin {
  readonly name: string
  handle(query: DnsQuery, next: Next): Promise<DnsAnswer>
}

export type Next = (query: DnsQuery) => Promise<DnsAnswer>

const refused: DnsAnswer = { rcode: 'REFUSED', answers: [], authoritative: false }

/** The plugins as one. Their order is their meaning; who comes after the last refuses. */
export const chain = (plugins: readonly DnsPlugin[]): Next =>
  plugins.reduceRight<Next>(
    (next, plugin) => (query) => plugin.handle(query, next),
    async () => refused,
  )

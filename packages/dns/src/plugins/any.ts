import type { DnsPlugin } from './plugin.ts'

/** ANY would make a large answer of a small question; it is answered with next to nothing, as RFC 8482 has it. */
export const any: DnsPlugin = {
  name: 'any',
  async handle(query, next) {
    const { name, type } = query.question
    if (String(type) !== 'ANY') return next(query)
    return {
      rcode: 'NOERROR',
      answers: [{ type: 'HINFO', name, ttl: 8482, data: { cpu: 'ANY obsoleted', os: 'See RFC 8482' } }],
      authoritative: false,
    }
  },
}

import type { Logger } from '@tandem/component-base'
import type { DnsPlugin } from './plugin.ts'

/** Whatever goes wrong below is logged once, and the client told to try elsewhere. */
export const errors = ({ logger }: { logger: Logger }): DnsPlugin => ({
  name: 'errors',
  async handle(query, next) {
    try {
      return await next(query)
    } catch (error) {
      logger.warn({ error, name: query.question.name, type: query.question.type }, 'query could not be answered')
      return { rcode: 'SERVFAIL', answers: [], authoritative: false }
    }
  },
})

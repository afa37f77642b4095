import { answerKubernetes, answerReverse } from '../kubernetes/answer.ts'
import type { ClusterRecords } from '../kubernetes/records.ts'
import type { ZoneOptions } from '../kubernetes/zone.ts'
import type { DnsPlugin } from './plugin.ts'

export interface KubernetesOptions {
  records: ClusterRecords
  zone: ZoneOptions
  /** Whether the caches hold everything: before, nothing may be said not to exist. */
  hasSynced: () => boolean
}

/** How many names an alias may lead through. */
const maxAliases = 8

/** Names of the cluster. Addresses it does not know, and all other names, are for the next. */
export function kubernetes({ records, zone, hasSynced }: KubernetesOptions): DnsPlugin {
  const plugin: DnsPlugin = {
    name: 'kubernetes',
    async handle(query, next) {
      if (String(query.question.class ?? 'IN') !== 'IN') return next(query)
      const aliases = []
      let current = query
      for (let depth = 0; depth <= maxAliases; depth++) {
        const answer =
          answerKubernetes(current.question, records, zone) ?? answerReverse(current.question, records, zone)
        const isOurs = answer !== undefined
        if (isOurs && !hasSynced()) return { rcode: 'SERVFAIL', answers: [], authoritative: false }
        if (answer && 'alias' in answer) {
          aliases.push(answer.alias)
          current = { ...current, question: { ...current.question, name: answer.target } }
          continue
        }
        const last = answer ?? (await next(current))
        if (aliases.length === 0) return last
        // The name is there, whatever became of what it leads to.
        return {
          ...last,
          rcode: last.rcode === 'NXDOMAIN' ? 'NOERROR' : last.rcode,
          answers: [...aliases, ...last.answers],
          authoritative: true,
        }
      }
      return { rcode: 'SERVFAIL', answers: [], authoritative: false }
    },
  }
  return plugin
}

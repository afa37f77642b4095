import type { Clock } from '@tandem/component-base'
import type { DnsAnswer, DnsRecord } from '../message.ts'
import type { DnsPlugin } from './plugin.ts'

export interface CacheOptions {
  clock: Clock
  /** Longer lives are cut to this. */
  maxTtlSeconds?: number
  maxEntries?: number
}

interface Entry {
  answer: DnsAnswer
  storedAt: number
  ttl: number
}

/** Remembers what was found further down for as long as it holds, and tells it with the time that is left. */
export function cache({ clock, maxTtlSeconds = 30, maxEntries = 9984 }: CacheOptions): DnsPlugin {
  const entries = new Map<string, Entry>()
  /** One question under way is enough for all who ask it meanwhile. */
  const underWay = new Map<string, Promise<DnsAnswer>>()

  return {
    name: 'cache',
    async handle(query, next) {
      const { name, type, class: dnsClass } = query.question
      const key = `${name.toLowerCase()}/${type}/${dnsClass}/${query.edns?.flag_do ?? false}`
      const now = clock.monotonic() / 1000
      const entry = entries.get(key)
      if (entry && now < entry.storedAt + entry.ttl) return aged(entry, Math.floor(now - entry.storedAt))
      const pending = underWay.get(key)
      if (pending) return pending
      const asked = next(query).finally(() => underWay.delete(key))
      underWay.set(key, asked)
      const answer = await asked
      const ttl = Math.min(maxTtlSeconds, lifeOf(answer))
      entries.delete(key)
      if (ttl > 0) entries.set(key, { answer, storedAt: now, ttl })
      if (entries.size > maxEntries) entries.delete(oldestOf(entries))
      return answer
    },
  }
}

/** A Map keeps the order of insertion. */
const oldestOf = (entries: ReadonlyMap<string, unknown>): string => entries.keys().next().value ?? ''

const ttlOf = (record: DnsRecord): number => ('ttl' in record ? (record.ttl ?? 0) : 0)

/** Seconds for which the answer holds: the shortest of its records; the SOA's say where there are none. */
function lifeOf({ rcode, answers, authorities = [] }: DnsAnswer): number {
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return 0
  if (answers.length > 0) return Math.min(...answers.map(ttlOf))
  const [authority] = authorities
  return authority?.type === 'SOA' ? Math.min(ttlOf(authority), authority.data.minimum ?? 0) : 0
}

function aged({ answer, ttl }: Entry, seconds: number): DnsAnswer {
  const older = (record: DnsRecord): DnsRecord =>
    record.type === 'OPT' ? record : { ...record, ttl: Math.max(0, Math.min(ttlOf(record), ttl) - seconds) }
  return {
    ...answer,
    answers: answer.answers.map(older),
    authorities: (answer.authorities ?? []).map(older),
    additionals: (answer.additionals ?? []).map(older),
  }
}

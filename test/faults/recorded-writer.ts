import { createHash } from 'node:crypto'
import type { Gate } from './gate.ts'
import type { ServerProcess } from './server-process.ts'

/** What a write makes of an object: a generation of its data, or nothing. */
export type Outcome = number | 'gone'

export interface Known {
  outcome: Outcome
  revision: number
}

export interface Acknowledged {
  name: string
  outcome: Outcome
  /** Unknown for a deletion, whose answer does not tell it. */
  revision: number | undefined
}

export interface ConfigMap {
  metadata: { name: string; resourceVersion: string }
  data: Record<string, string>
}

export const collection = '/api/v1/namespaces/default/configmaps'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export function configMap(name: string, generation: number): ConfigMap {
  const filling = name.repeat(1 + ((generation * 37) % 50))
  const data = { generation: String(generation), filling, digest: digest(generation + filling) }
  return { metadata: { name } as ConfigMap['metadata'], data }
}

/** The generation of an object that is whole. */
export function generationOf({ data }: ConfigMap): number | undefined {
  const whole = digest(`${data.generation}${data.filling}`) === data.digest
  return whole ? Number(data.generation) : undefined
}

/** Everything that is known of the objects that writers write. */
export class WriteRecord {
  readonly known = new Map<string, Known>()
  /** Writes that were sent and not answered. */
  readonly pending = new Map<string, Outcome>()
  readonly acknowledged: Acknowledged[] = []
  readonly faults: string[] = []
  #latest = 0

  get latest(): number {
    return this.#latest
  }

  /** `after` is the latest revision that was acknowledged before the write was sent. */
  acknowledge({ name, outcome, revision }: Acknowledged, after: number): void {
    if (revision !== undefined && revision <= after) this.faults.push(`${name}: revision ${revision} after ${after}`)
    this.known.set(name, { outcome, revision: revision ?? this.known.get(name)?.revision ?? 0 })
    this.pending.delete(name)
    this.acknowledged.push({ name, outcome, revision })
    this.#latest = Math.max(this.#latest, revision ?? 0)
  }

  /** Compares what is there with what must be, and takes over what became of writes that were not answered. */
  compare(items: readonly ConfigMap[]): void {
    const found = new Map(items.map((item) => [item.metadata.name, item]))
    for (const name of new Set([...this.known.keys(), ...this.pending.keys(), ...found.keys()])) {
      const item = found.get(name)
      const known = this.known.get(name) ?? { outcome: 'gone', revision: 0 }
      const outcome = item ? generationOf(item) : 'gone'
      const revision = item ? Number(item.metadata.resourceVersion) : known.revision
      const asKnown = outcome === known.outcome && revision === known.revision
      const asPending = outcome !== undefined && outcome === this.pending.get(name) && revision >= known.revision
      if (!asKnown && !asPending)
        this.faults.push(`${name}: ${known.outcome} at ${known.revision}, then ${outcome} at ${revision}`)
      this.known.set(name, { outcome: outcome ?? 'gone', revision })
      this.#latest = Math.max(this.#latest, revision)
    }
    this.pending.clear()
  }
}

const last = 4

/** Creates, updates and every second time deletes objects of its own, for as long as `going` says. */
export async function writer(
  id: number,
  { server, record, gate, going }: { server: ServerProcess; record: WriteRecord; gate: Gate; going(): boolean },
): Promise<void> {
  for (let turn = 0; going(); turn++) {
    const name = `w${id}-${turn}`
    const goal: Outcome[] = [0, 1, 2, 3, last, ...(turn % 2 ? (['gone'] as const) : [])]
    for (const outcome of goal) {
      await gate.passing
      if (!going()) return
      // What was sent before a kill may have happened.
      if (record.known.get(name)?.outcome === outcome) continue
      const after = record.latest
      record.pending.set(name, outcome)
      try {
        record.acknowledge({ name, outcome, revision: await write(server, name, outcome) }, after)
      } catch {
        await gate.passing
      }
    }
  }
}

async function write(server: ServerProcess, name: string, outcome: Outcome): Promise<number | undefined> {
  const path = `${collection}/${name}`
  const { code, body } =
    outcome === 'gone'
      ? await server.ask('DELETE', path)
      : outcome === 0
        ? await server.ask('POST', collection, configMap(name, outcome))
        : await server.ask('PUT', path, configMap(name, outcome))
  const answer = (await body.json()) as ConfigMap
  if (code >= 300) throw new Error(`${code} ${JSON.stringify(answer)}`)
  return outcome === 'gone' ? undefined : Number(answer.metadata.resourceVersion)
}

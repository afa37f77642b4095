import type { RangeAllocation } from '@tandem/api/core/v1/types'
import { isNotFound, type ResourceDefinition } from '@tandem/apimachinery'
import type { StoreRegistry } from '../registry.ts'
import type { Store } from '../store.ts'
import type { Claims } from './claims.ts'
import type { NodePortRange } from './node-port-range.ts'

/** Kept, and not served: as upstream, clients see node ports at the Services that have them. */
const rangeAllocations: ResourceDefinition<RangeAllocation> = {
  group: '',
  version: 'v1',
  kind: 'RangeAllocation',
  plural: 'ranges',
  scope: 'Cluster',
  schema: 'io.k8s.api.core.v1.RangeAllocation',
}

const name = 'servicenodeports'

/** The node ports that are taken: one bit each, in one object for the whole range. */
export class PortClaims implements Claims {
  readonly #store: Store<RangeAllocation>
  readonly #range: NodePortRange
  /** The writes of this server wait for each other, and so race with those of other servers alone. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(registry: StoreRegistry, range: NodePortRange) {
    this.#store = registry.store(rangeAllocations)
    this.#range = range
  }

  claim(number: number): Promise<boolean> {
    return this.#change((taken) => !taken.has(number) && Boolean(taken.add(number)))
  }

  async release(number: number): Promise<void> {
    await this.#change((taken) => taken.delete(number))
  }

  async taken(): Promise<Set<number>> {
    try {
      return this.#read((await this.#store.get({ name })).object())
    } catch (error) {
      if (isNotFound(error)) return new Set()
      throw error
    }
  }

  /** `change` says whether it changed anything. */
  #change(change: (taken: Set<number>) => boolean): Promise<boolean> {
    const done = this.#last.then(async () => {
      let changed = false
      await this.#store.update(
        { name },
        (current) => {
          const taken = current ? this.#read(current) : new Set<number>()
          changed = change(taken)
          return { ...(current ?? { metadata: { name } as RangeAllocation['metadata'] }), ...this.#written(taken) }
        },
        { createIfAbsent: true },
      )
      return changed
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Bits that were written for another range mean other ports, and nothing here: the repair claims anew what Services have. */
  #read({ range, data }: RangeAllocation): Set<number> {
    const taken = new Set<number>()
    if (range !== this.#range.text) return taken
    for (const [at, byte] of Buffer.from(data, 'base64').entries())
      for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) taken.add(this.#range.first + 8 * at + bit)
    return taken
  }

  #written(taken: ReadonlySet<number>): Pick<RangeAllocation, 'range' | 'data'> {
    const { first, last, text } = this.#range
    const bits = Buffer.alloc(Math.ceil((last - first + 1) / 8))
    for (const port of taken) {
      const at = (port - first) >> 3
      bits[at] = (bits[at] ?? 0) | (1 << ((port - first) & 7))
    }
    return { range: text, data: bits.toString('base64') }
  }
}

import { ipAddresses } from '@tandem/api/networking/v1/ipaddress'
import type { IPAddress } from '@tandem/api/networking/v1/types'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { StoreRegistry } from '../registry.ts'
import type { Store } from '../store.ts'
import type { Claims, Holder } from './claims.ts'
import { ipv4ToNumber, numberToIPv4 } from './cluster-ip-range.ts'

const managedBy = 'ipaddress.kubernetes.io/managed-by'
const labels = { 'ipaddress.kubernetes.io/ip-family': 'IPv4', [managedBy]: 'ipallocator.k8s.io' }

/** The addresses of Services: one IPAddress each, as clients see them too. */
export class AddressClaims implements Claims {
  readonly #store: Store<IPAddress>

  constructor(registry: StoreRegistry) {
    this.#store = registry.store(ipAddresses)
  }

  async claim(number: number, { namespace, name }: Holder): Promise<boolean> {
    const address: IPAddress = {
      metadata: { name: numberToIPv4(number), labels: { ...labels } } as unknown as IPAddress['metadata'],
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    }
    try {
      await this.#store.create(address)
      return true
    } catch (error) {
      if (isAlreadyExists(error)) return false
      throw error
    }
  }

  async release(number: number): Promise<void> {
    try {
      await this.#store.delete({ name: numberToIPv4(number) })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async taken(): Promise<Set<number>> {
    const { entries } = await this.#store.list({ resourceVersion: '0' })
    return new Set(entries.map(({ name }) => ipv4ToNumber(name) ?? 0))
  }

  /** Those that were claimed here, with the Services they are for. */
  async holders(): Promise<Map<number, Holder>> {
    const { entries } = await this.#store.list({ labelSelector: `${managedBy}=${labels[managedBy]}` })
    return new Map(
      entries.map((entry) => {
        const { namespace = '', name = '' } = entry.object().spec.parentRef ?? {}
        return [ipv4ToNumber(entry.name) ?? 0, { namespace, name }]
      }),
    )
  }
}

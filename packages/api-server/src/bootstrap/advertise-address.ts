import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Interfaces that belong to container networks, not to the host's own. */
const containerInterface = /^(lo|docker|br-|veth|cni|flannel|virbr|tandem|tdm)/

/** The host's own address, by which pods reach the server: the first that is no loopback and no container network's. */
export function hostAddress(): string | undefined {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list
      .filter(({ address, internal }) => !internal && isIPv4(address) && !address.startsWith('169.254.'))
      .map(({ address }) => ({ name, address })),
  )
  const own = addresses.find(({ name }) => !containerInterface.test(name)) ?? addresses[0]
  return own?.address
}

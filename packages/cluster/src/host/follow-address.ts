import { spawn } from 'node:child_process'
import { networkInterfaces } from 'node:os'

/** Calls back with the host's IPv4 addresses whenever the kernel tells of a change. Returns what ends it. */
export function followHostAddress(changed: (addresses: string[]) => void): () => void {
  const monitor = spawn('ip', ['-o', 'monitor', 'address'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let known = hostAddresses().join()
  monitor.stdout.on('data', () => {
    const addresses = hostAddresses()
    if (addresses.join() === known) return
    known = addresses.join()
    changed(addresses)
  })
  // Without `ip` the next `up` renews the certificate.
  monitor.on('error', () => undefined)
  return () => monitor.kill()
}

/** Addresses of links that lead off the host. */
const hostAddresses = (): string[] =>
  Object.entries(networkInterfaces())
    .filter(([device]) => !/^(lo|docker|br-|veth|tandem-|cni)/.test(device))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter((address) => address.family === 'IPv4')
    .map((address) => address.address)
    .sort()

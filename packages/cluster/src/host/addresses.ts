import { networkInterfaces } from 'node:os'
import { runCommand } from '@tandem/netfilter'
import type { Route } from '../ranges.ts'

interface IpRoute {
  dst: string
  dev: string
  prefsrc?: string
}

/** The host's routes, as `ip route` has them. */
export async function readRoutes(): Promise<Route[]> {
  const routes = JSON.parse((await runCommand('ip', ['-json', '-4', 'route', 'show'])) || '[]') as IpRoute[]
  return routes.map(({ dst, dev }) => ({ destination: dst, device: dev }))
}

/**
 * The address other hosts reach this one at: the source address of the default route, else the first IPv4 address that is not loopback
 * and not on a link made by an engine or by us. Undefined on a host with loopback only.
 */
export async function hostAddress(): Promise<string | undefined> {
  const byRoute = await runCommand('ip', ['-json', '-4', 'route', 'get', '1.1.1.1']).then(
    (out) => (JSON.parse(out) as IpRoute[])[0]?.prefsrc,
    () => undefined,
  )
  if (byRoute && !byRoute.startsWith('127.')) return byRoute
  return Object.entries(networkInterfaces())
    .filter(([device]) => !/^(lo|docker|br-|veth|tandem-|cni)/.test(device))
    .flatMap(([, addresses]) => addresses ?? [])
    .find((address) => address.family === 'IPv4' && !address.internal)?.address
}

/** Gives the loopback link one more address, held by the kernel; a no-op when it is there. */
export const addLoopbackAddress = (address: string): Promise<string> =>
  runCommand('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo'])

export const removeLoopbackAddress = (address: string): Promise<string> =>
  runCommand('ip', ['address', 'del', `${address}/32`, 'dev', 'lo']).catch(() => '')

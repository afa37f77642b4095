import ipaddr from 'ipaddr.js'
import type { ClusterPlan } from './plan.ts'

export interface Overlap {
  /** The flag whose value should change. */
  flag: string
  range: string
  takenBy: string
  /** A range of the same size that is free. */
  suggestion: string | undefined
}

export interface Route {
  destination: string
  device: string
}

const plannedRanges = (plan: ClusterPlan) => [
  { flag: `--${plan.name}-pod-cidr`, range: plan.podCidr },
  { flag: `--${plan.name}-service-cidr`, range: plan.serviceCidr },
  { flag: `--${plan.name}-lb-pool`, range: plan.loadBalancerPool },
]

/**
 * Ranges that collide with each other or with the host's routes. Routes that lead to a planned bridge, or that an earlier `up` set for
 * the same plan, are the cluster's own.
 */
export function findOverlaps(plans: readonly ClusterPlan[], routes: readonly Route[]): Overlap[] {
  const own = new Set(plans.map((plan) => plan.bridge))
  const foreign = routes.filter(
    (route) => !own.has(route.device) && route.destination !== 'default' && isIPv4(route.destination),
  )
  const planned = plans.flatMap(plannedRanges)
  return planned.flatMap(({ flag, range }, index) => {
    const route = foreign.find((candidate) => overlap(candidate.destination, range))
    const rival = planned.slice(0, index).find((candidate) => overlap(candidate.range, range))
    const takenBy = route
      ? `the route to ${route.destination} on ${route.device}`
      : rival && `${rival.flag} ${rival.range}`
    return takenBy
      ? [
          {
            flag,
            range,
            takenBy,
            suggestion: freeRange(range, [...foreign.map((r) => r.destination), ...planned.map((p) => p.range)]),
          },
        ]
      : []
  })
}

/** The next range of the same size within 10.0.0.0/8 that nothing uses. */
function freeRange(range: string, taken: readonly string[]): string | undefined {
  const bits = prefixLength(range)
  const size = 2 ** (32 - bits)
  const first = numberOf('10.128.0.0')
  for (let base = first; base + size <= numberOf('11.0.0.0'); base += size) {
    const candidate = `${addressOf(base)}/${bits}`
    if (!taken.some((other) => overlap(other, candidate))) return candidate
  }
  return undefined
}

function overlap(a: string, b: string): boolean {
  const bits = Math.min(prefixLength(a), prefixLength(b))
  return ipaddr.IPv4.parse(host(a)).match(ipaddr.IPv4.parse(host(b)), bits)
}

const host = (range: string): string => range.split('/')[0] ?? range
const prefixLength = (range: string): number => Number(range.split('/')[1] ?? 32)
const isIPv4 = (range: string): boolean => ipaddr.IPv4.isValid(host(range))
const numberOf = (address: string): number =>
  ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0)
const addressOf = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

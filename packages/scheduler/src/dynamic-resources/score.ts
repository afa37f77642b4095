import type { AllocationResult, ResourceClaim } from '@tandem/api/resource/v1/types'

const maxAlternatives = 8

/** Higher where claims got what they would rather have. */
export function scoreOf(claim: ResourceClaim, allocation: AllocationResult | undefined): number {
  const got = new Set(allocation?.devices?.results?.map(({ request }) => request))
  const requests = claim.spec.devices?.requests ?? []
  return requests
    .flatMap(({ name, firstAvailable = [] }) =>
      firstAvailable.map((each, rank) => (got.has(`${name}/${each.name}`) ? maxAlternatives - rank : 0)),
    )
    .reduce((sum, points) => sum + points, 0)
}

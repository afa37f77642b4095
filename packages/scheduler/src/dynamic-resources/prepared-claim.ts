import type {
  DeviceClass,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
} from '@tandem/api/resource/v1/types'
import type { Candidate } from './candidates.ts'
import { type Constraint, constraintOf } from './constraints.ts'
import { selects } from './device-selector.ts'
import type { Pool } from './pools.ts'

/** As many devices as one claim may have. */
export const maxDevices = 32

/** One way to satisfy a request. */
export interface Alternative {
  /** `request`, or `request/subrequest`. */
  name: string
  wants: ExactDeviceRequest | DeviceSubRequest
  /** Devices are only looked at, whoever has them. */
  adminAccess: boolean
  deviceClass: DeviceClass
  count: number
  /** Set where all devices are wanted that are selected: those it could be on this node. */
  all?: readonly Candidate[]
  selects(candidate: Candidate): boolean
}

/** A claim as it is to be allocated on one node. */
export interface PreparedClaim {
  claim: ResourceClaim
  /** For each request its alternatives, the best first. */
  requests: readonly (readonly Alternative[])[]
  constraints: readonly Constraint[]
}

/** Why claims cannot be allocated anywhere, in upstream's words. */
export class AllocationProblem extends Error {
  readonly code = 'ALLOCATION'
}

export interface Preparation {
  pools: readonly Pool[]
  candidates: readonly Candidate[]
  classOf(name: string): DeviceClass | undefined
  /** Is there as much of the device as is asked for? */
  hasRoom(wants: Alternative['wants'], candidate: Candidate): boolean
}

/** Throws AllocationProblem. */
export function prepareClaim(claim: ResourceClaim, preparation: Preparation): PreparedClaim {
  const { requests = [], constraints = [] } = claim.spec.devices ?? {}
  const prepared = requests.map((request) =>
    alternativesOf(request).map((alternative) => prepareAlternative(claim, alternative, preparation)),
  )
  const fewest = prepared.reduce((sum, ways) => sum + Math.min(...ways.map(({ count }) => count)), 0)
  if (fewest > maxDevices)
    throw new AllocationProblem(
      `claim ${nameOf(claim)}: number of requested devices ${fewest} exceeds the claim limit of ${maxDevices}`,
    )
  return {
    claim,
    requests: prepared,
    constraints: constraints.map((constraint, index) => {
      const known = constraintOf(constraint)
      if (known) return known
      throw new AllocationProblem(
        `claim ${nameOf(claim)}, constraint #${index}: empty constraint (unsupported constraint type?)`,
      )
    }),
  }
}

export const nameOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`

const alternativesOf = ({
  name,
  exactly,
  firstAvailable = [],
}: DeviceRequest): Pick<Alternative, 'name' | 'wants'>[] =>
  exactly ? [{ name, wants: exactly }] : firstAvailable.map((each) => ({ name: `${name}/${each.name}`, wants: each }))

function prepareAlternative(
  claim: ResourceClaim,
  { name, wants }: Pick<Alternative, 'name' | 'wants'>,
  preparation: Preparation,
): Alternative {
  const { pools, candidates, classOf, hasRoom } = preparation
  const who = `claim ${nameOf(claim)}, request ${name.split('/').at(-1)}`
  const deviceClass = classOf(wants.deviceClassName)
  if (!deviceClass)
    throw new AllocationProblem(
      `${who}: could not retrieve device class ${wants.deviceClassName}: deviceclass.resource.k8s.io "${wants.deviceClassName}" not found`,
    )
  const isSelected = selection(claim, wants.selectors, deviceClass)
  const alternative: Alternative = {
    name,
    wants,
    adminAccess: 'adminAccess' in wants && wants.adminAccess === true,
    deviceClass,
    count: wants.count ?? 1,
    selects: isSelected,
  }
  if (wants.allocationMode !== 'All') return alternative
  const broken = pools.find(({ state }) => state !== 'usable')
  if (broken) {
    const problem = broken.state === 'incomplete' ? 'being updated' : 'invalid'
    throw new AllocationProblem(
      `${who}: asks for all devices, but resource pool ${broken.driver}/${broken.name} is currently ${problem}`,
    )
  }
  const all = candidates.filter((candidate) => isSelected(candidate) && hasRoom(wants, candidate))
  return { ...alternative, all, count: all.length }
}

/** By the selectors of the class and those of the request; each device is asked about once. */
function selection(
  claim: ResourceClaim,
  selectors: readonly DeviceSelector[] | undefined,
  deviceClass: DeviceClass,
): (candidate: Candidate) => boolean {
  const known = new Map<string, boolean>()
  const both = [
    { who: `class ${deviceClass.metadata.name}`, selectors: deviceClass.spec.selectors ?? [] },
    { who: `claim ${nameOf(claim)}`, selectors: selectors ?? [] },
  ]
  const ask = ({ device, slice }: Candidate): boolean =>
    both.every(({ who, selectors }) =>
      selectors.every(({ cel }, index) => {
        try {
          return selects(cel?.expression ?? '', { device, driver: slice.spec.driver })
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error)
          throw new AllocationProblem(`${who}: selector #${index}: ${problem}`, { cause: error })
        }
      }),
    )
  return (candidate) => {
    const answer = known.get(candidate.key) ?? ask(candidate)
    known.set(candidate.key, answer)
    return answer
  }
}

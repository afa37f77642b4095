import type { Node, NodeSelector, NodeSelectorRequirement } from '@tandem/api/core/v1/types'
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
} from '@tandem/api/resource/v1/types'
import { equalJson, printQuantity } from '@tandem/apimachinery'
import type { Alternative, PreparedClaim } from './prepared-claim.ts'
import type { ChosenDevice } from './search.ts'

/** What the claim's status says of the devices that were chosen for it. */
export function allocationOf(prepared: PreparedClaim, chosen: readonly ChosenDevice[], node: Node): AllocationResult {
  const config = configurationOf(prepared, chosen)
  const nodeSelector = nodeSelectorOf(chosen, node)
  return {
    devices: { ...(chosen.length > 0 && { results: chosen.map(resultOf) }), ...(config.length > 0 && { config }) },
    ...(nodeSelector && { nodeSelector }),
  }
}

function resultOf({ alternative, device, pool, shareID, consumed }: ChosenDevice): DeviceRequestAllocationResult {
  const { bindingConditions, bindingFailureConditions } = device
  const { tolerations } = alternative.wants
  return {
    request: alternative.name,
    driver: pool.driver,
    pool: pool.name,
    device: device.name,
    ...(alternative.adminAccess && { adminAccess: true }),
    ...(tolerations && { tolerations }),
    ...(bindingConditions && { bindingConditions }),
    ...(bindingFailureConditions && { bindingFailureConditions }),
    ...(shareID && { shareID }),
    ...(consumed && {
      consumedCapacity: Object.fromEntries([...consumed].map(([name, amount]) => [name, printQuantity(amount)])),
    }),
  }
}

/** Of the classes first, each once for all requests that use it; then what the claim says of requests as they were satisfied. */
function configurationOf(
  { claim, requests }: PreparedClaim,
  chosen: readonly ChosenDevice[],
): DeviceAllocationConfiguration[] {
  const used = requests.flatMap((alternatives) => alternatives.find((each) => isChosen(each, chosen)) ?? [])
  const byClass = Map.groupBy(used, ({ deviceClass }) => deviceClass)
  const ofClasses = [...byClass].flatMap(([{ spec }, alternatives]) =>
    (spec.config ?? []).map(
      (config): DeviceAllocationConfiguration => ({
        ...config,
        source: 'FromClass',
        requests: alternatives.map(({ name }) => name),
      }),
    ),
  )
  const names = new Set(used.flatMap(({ name }) => [name, name.split('/', 1)[0] ?? '']))
  const ofClaim = (claim.spec.devices?.config ?? [])
    .filter(({ requests = [] }) => requests.length === 0 || requests.some((name) => names.has(name)))
    .map((config): DeviceAllocationConfiguration => ({ ...config, source: 'FromClaim' }))
  return [...ofClasses, ...ofClaim]
}

const isChosen = (alternative: Alternative, chosen: readonly ChosenDevice[]): boolean =>
  chosen.some((device) => device.alternative === alternative)

/** From where the devices can be used; undefined for everywhere. */
function nodeSelectorOf(chosen: readonly ChosenDevice[], node: Node): NodeSelector | undefined {
  const places = chosen.map(({ device, slice }) => ({
    place: slice.spec.perDeviceNodeSelection ? device : slice.spec,
    bindsToNode: device.bindsToNode === true,
  }))
  if (places.some(({ place, bindsToNode }) => place.nodeName || bindsToNode)) {
    const name = { key: 'metadata.name', operator: 'In', values: [node.metadata.name] } as const
    return { nodeSelectorTerms: [{ matchFields: [{ ...name, values: [...name.values] }] }] }
  }
  const terms = places.flatMap(({ place }) => place.nodeSelector?.nodeSelectorTerms ?? [])
  const matchFields = distinct(terms.flatMap((term) => term.matchFields ?? []))
  const matchExpressions = distinct(terms.flatMap((term) => term.matchExpressions ?? []))
  if (matchFields.length + matchExpressions.length === 0) return undefined
  return {
    nodeSelectorTerms: [
      { ...(matchFields.length > 0 && { matchFields }), ...(matchExpressions.length > 0 && { matchExpressions }) },
    ],
  }
}

const distinct = (requirements: readonly NodeSelectorRequirement[]): NodeSelectorRequirement[] =>
  requirements.filter((one, index) => requirements.findIndex((other) => isSame(one, other)) === index)

const isSame = (a: NodeSelectorRequirement, b: NodeSelectorRequirement): boolean =>
  a.key === b.key && a.operator === b.operator && equalJson([...(a.values ?? [])].sort(), [...(b.values ?? [])].sort())

import { duplicate, type FieldError, forbiddenField, invalidValue } from '@tandem/apimachinery'
import { immutable, nonNegative, qualifiedName } from '../field-checks.ts'
import { isDualStack, validateIP } from '../ip-address.ts'
import { containerShouldRestart } from '../pod-conditions.ts'
import type { Container, ContainerStatus, Pod, PodSpec } from '../types.ts'
import { validatePodAnnotationChanges, validatePodAnnotations } from './annotations.ts'
import { validateNodeName } from './validation.ts'

const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

function validateConditions({ status }: Pod): FieldError[] {
  return (status?.conditions ?? []).flatMap(({ type, observedGeneration = 0 }, i) => {
    const at = `status.conditions[${i}]`
    const errors: FieldError[] = []
    if (observedGeneration < 0)
      errors.push(invalidValue(`${at}.observedGeneration`, observedGeneration, 'must be a non-negative integer'))
    return systemConditions.includes(type) ? errors : [...errors, ...qualifiedName(`${at}.Type`, type)]
  })
}

function validateNominatedNode({ status }: Pod, old: Pod): FieldError[] {
  const field = 'status.nominatedNodeName'
  const name = status?.nominatedNodeName
  if (!name || name === old.status?.nominatedNodeName) return []
  const errors = validateNodeName(field, name)
  if (old.spec.nodeName) errors.push(forbiddenField(field, 'may not be set on pods that are already bound to a node'))
  return errors
}

const mayRestartAll = (spec: PodSpec): boolean =>
  [...(spec.initContainers ?? []), ...spec.containers].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  )

interface Statuses {
  field: string
  now: readonly ContainerStatus[] | undefined
  before: readonly ContainerStatus[] | undefined
  containers: readonly Container[]
}

/** A container that has ended for good cannot be reported running again. */
function validateTransitions({ field, now, before, containers }: Statuses, spec: PodSpec): FieldError[] {
  return (before ?? []).flatMap(({ name, state }, i) => {
    const ended = state?.terminated
    const next = now?.find((status) => status.name === name)
    if (!ended || !next || next.state?.terminated) return []
    const container = containers.find((candidate) => candidate.name === name)
    if (container && containerShouldRestart(spec, container, ended.exitCode)) return []
    return [forbiddenField(`${field}[${i}].state`, 'may not be transitioned to non-terminated state')]
  })
}

function validateAddresses(field: string, ips: readonly string[], old: readonly string[]): FieldError[] {
  const errors = ips.flatMap((ip, i) => validateIP(`${field}[${i}]`, ip, old))
  if (ips.length > 2 || (ips.length === 2 && !isDualStack(ips)))
    errors.push(
      invalidValue(
        field,
        ips.map((ip) => ({ ip })),
        'may specify no more than one IP for each IP family',
      ),
    )
  return errors
}

const list = (ips: readonly { ip: string }[] | undefined): string[] => (ips ?? []).map(({ ip }) => ip)

function validateIPs({ status }: Pod, old: Pod): FieldError[] {
  const errors = validateAddresses('status.podIPs', list(status?.podIPs), list(old.status?.podIPs))
  const hostIPs = list(status?.hostIPs)
  if (hostIPs.length > 0 && hostIPs[0] !== status?.hostIP)
    errors.push(invalidValue('status.hostIPs[0].ip', hostIPs[0], 'must be equal to `hostIP`'))
  return [...errors, ...validateAddresses('status.hostIPs', hostIPs, list(old.status?.hostIPs))]
}

function validateClaims({ spec, status }: Pod): FieldError[] {
  const statuses = status?.resourceClaimStatuses ?? []
  return statuses.flatMap(({ name }, i) => {
    const at = `status.resourceClaimStatuses[${i}].name`
    const errors: FieldError[] = []
    if (!spec.resourceClaims?.some((claim) => claim.name === name))
      errors.push(invalidValue(at, name, 'must match the name of an entry in `spec.resourceClaims`'))
    if (statuses.findIndex((other) => other.name === name) < i) errors.push(duplicate(at, name))
    return errors
  })
}

export function validateStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const { spec } = old
  const transitions: Statuses[] = [
    {
      field: 'status.containerStatuses',
      now: pod.status?.containerStatuses,
      before: old.status?.containerStatuses,
      containers: spec.containers,
    },
    {
      field: 'status.initContainerStatuses',
      now: pod.status?.initContainerStatuses,
      before: old.status?.initContainerStatuses,
      containers: spec.initContainers ?? [],
    },
  ]
  const ephemeral: Statuses = {
    field: 'status.ephemeralContainerStatuses',
    now: pod.status?.ephemeralContainerStatuses,
    before: old.status?.ephemeralContainerStatuses,
    containers: [],
  }
  return [
    ...validatePodAnnotationChanges('metadata.annotations', pod, old),
    ...validatePodAnnotations('metadata.annotations', pod.metadata.annotations ?? {}, pod.spec),
    ...validateConditions(pod),
    ...validateNominatedNode(pod, old),
    ...nonNegative('status.observedGeneration', pod.status?.observedGeneration),
    ...immutable('status.qosClass', pod.status?.qosClass ?? '', old.status?.qosClass ?? ''),
    ...(mayRestartAll(spec) ? [] : transitions.flatMap((statuses) => validateTransitions(statuses, spec))),
    ...validateTransitions(ephemeral, spec),
    ...validateClaims(pod),
    ...validateIPs(pod, old),
  ]
}

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  notFoundField,
  required,
  tooLong,
  validateInRange,
  validateLabels,
} from '@tandem/apimachinery'
import { dns1123Label, dns1123Subdomain, invalidEach, oneOf, optionalOneOf, qualifiedName } from '../field-checks.ts'
import { validateIP } from '../ip-address.ts'
import type { PodResourceClaim, PodSpec } from '../types.ts'
import { validateAffinity, validateTolerations, validateTopologySpread } from './affinity.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts'
import { validateDNS } from './dns.ts'
import { validateHostProcess, validateOS } from './os.ts'
import { containersWithPath } from './paths.ts'
import { validateOverhead, validatePodResources } from './resources.ts'
import { validateHostUsers, validatePodSecurityContext } from './security-context.ts'
import { validateVolumes } from './volumes.ts'

export interface PodSpecRules {
  /** A template's pods get some defaults only when they are created, and its claims have no pod's name yet. */
  of: 'pod' | 'template'
  /** The pod's, which its ephemeral volumes' claims are named after. */
  name?: string
}

const largestInt32 = 2 ** 31 - 1
const longestHostname = 64

function validateResourceClaims(field: string, claims: readonly PodResourceClaim[]): FieldError[] {
  return claims.flatMap((claim, i) => {
    const at = `${field}[${i}]`
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const errors: FieldError[] = []
    if (!name) errors.push(required(`${at}.name`))
    else if (claims.findIndex((other) => other.name === name) < i) errors.push(duplicate(`${at}.name`, name))
    else errors.push(...dns1123Label(`${at}.name`, name))
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      errors.push(
        invalidValue(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      )
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(invalidValue(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    for (const reference of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[reference]
      if (value !== undefined)
        errors.push(...invalidEach(`${at}.${reference}`, value, nameIsDnsSubdomain(value, false)))
    }
    return errors
  })
}

/** A pod on the host's network has the host's ports; a template may still leave them to default. */
function validateHostNetworkPorts(
  field: string,
  { hostNetwork, containers = [] }: PodSpec,
  of: PodSpecRules['of'],
): FieldError[] {
  if (!hostNetwork) return []
  return containers.flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ hostPort = 0, containerPort }, j) =>
      (of === 'pod' || hostPort !== 0) && hostPort !== containerPort
        ? [
            invalidValue(
              `${field}.containers[${i}].ports[${j}].hostPort`,
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ]
        : [],
    ),
  )
}

function validateNames(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['serviceAccountName', 'nodeName', 'priorityClassName'] as const) {
    const value = spec[name]
    if (value) errors.push(...invalidEach(`${field}.${name}`, value, nameIsDnsSubdomain(value, false)))
  }
  if (spec.hostname) errors.push(...dns1123Label(`${field}.hostname`, spec.hostname))
  if (spec.subdomain) errors.push(...dns1123Label(`${field}.subdomain`, spec.subdomain))
  if (spec.runtimeClassName !== undefined)
    errors.push(
      ...invalidEach(
        `${field}.runtimeClassName`,
        spec.runtimeClassName,
        nameIsDnsSubdomain(spec.runtimeClassName, false),
      ),
    )
  return errors
}

function validateHostnameOverride(field: string, spec: PodSpec): FieldError[] {
  const { hostnameOverride: name } = spec
  if (name === undefined) return []
  const at = `${field}.hostnameOverride`
  const errors: FieldError[] = []
  if (spec.setHostnameAsFQDN) errors.push(forbiddenField(at, 'may not be specified when setHostnameAsFQDN is true'))
  if (spec.hostNetwork) errors.push(forbiddenField(at, 'may not be specified when hostNetwork is true'))
  if (name.length > longestHostname) errors.push(tooLong(at, longestHostname))
  return [...errors, ...dns1123Subdomain(at, name)]
}

function validateGates(field: string, { readinessGates = [], schedulingGates = [] }: PodSpec): FieldError[] {
  return [
    ...readinessGates.flatMap(({ conditionType }, i) =>
      qualifiedName(`${field}.readinessGates[${i}].conditionType`, conditionType),
    ),
    ...schedulingGates.flatMap(({ name }, i) => [
      ...qualifiedName(`${field}.schedulingGates[${i}]`, name),
      ...(schedulingGates.findIndex((other) => other.name === name) < i
        ? [duplicate(`${field}.schedulingGates[${i}]`, name)]
        : []),
    ]),
  ]
}

const validateHostAliases = (field: string, { hostAliases = [] }: PodSpec): FieldError[] =>
  hostAliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...validateIP(`${field}.hostAliases[${i}].ip`, ip),
    ...hostnames.flatMap((name, j) => dns1123Subdomain(`${field}.hostAliases[${i}].hostnames[${j}]`, name)),
  ])

/** Files with environment variables are written by another container: into an emptyDir. */
function validateEnvFiles(field: string, spec: PodSpec): FieldError[] {
  return containersWithPath(field, spec).flatMap(({ field: at, container }) =>
    (container.env ?? []).flatMap(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName
      if (name === undefined) return []
      const place = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`
      const volume = spec.volumes?.find((candidate) => candidate.name === name)
      if (!volume) return [notFoundField(place, name)]
      return volume.emptyDir ? [] : [invalidValue(place, name, 'referenced volume must be of type emptyDir')]
    }),
  )
}

function validateDeadline(field: string, { activeDeadlineSeconds: seconds }: PodSpec): FieldError[] {
  if (seconds === undefined) return []
  return invalidEach(`${field}.activeDeadlineSeconds`, seconds, validateInRange(seconds, 1, largestInt32))
}

/** Every fault of a pod's spec, or of the spec in a template. */
export function validatePodSpec(field: string, spec: PodSpec, { of, name }: PodSpecRules): FieldError[] {
  const { resourceClaims = [] } = spec
  const volumes = validateVolumes(`${field}.volumes`, spec.volumes, { of, name })
  const claimNames = resourceClaims.map(({ name }) => name).filter((name) => name !== '')
  const context = { spec, volumes: volumes.sound, claimNames }
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [required(`${field}.terminationGracePeriodSeconds`)] : []),
    ...volumes.errors,
    ...validateResourceClaims(`${field}.resourceClaims`, resourceClaims),
    ...validateContainers(`${field}.containers`, context),
    ...validateInitContainers(`${field}.initContainers`, context),
    ...validateEphemeralContainers(`${field}.ephemeralContainers`, context),
    ...validatePodResources(`${field}.resources`, spec, claimNames),
    ...validateHostNetworkPorts(field, spec, of),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...validateDNS(field, spec),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurityContext(`${field}.securityContext`, spec),
    ...validateAffinity(`${field}.affinity`, spec.affinity),
    ...validateGates(field, spec),
    ...validateTopologySpread(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints),
    ...validateHostProcess(field, spec),
    ...validateHostUsers(field, spec),
    ...validateHostnameOverride(field, spec),
    ...validateNames(field, spec),
    ...validateDeadline(field, spec),
    ...validateTolerations(`${field}.tolerations`, spec.tolerations),
    ...validateHostAliases(field, spec),
    ...optionalOneOf(`${field}.preemptionPolicy`, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']),
    ...validateOverhead(`${field}.overhead`, spec.overhead),
    ...validateOS(field, spec),
    ...validateEnvFiles(field, spec),
  ]
}

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
  tooMany,
  validatePortName,
} from '@tandem/apimachinery'
import { dns1123Label, invalidEach, oneOf, portNumber } from '../field-checks.ts'
import { validateHostPorts } from '../host-ports.ts'
import { isRestartableInitContainer } from '../pod-resources.ts'
import { protocols } from '../ports.ts'
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
  Volume,
} from '../types.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { validateLifecycle, validateProbes } from './handlers.ts'
import { validateContainerResources } from './resources.ts'
import { validateSecurityContext } from './security-context.ts'
import { validateVolumeDevices, validateVolumeMounts } from './volume-mounts.ts'

/** What the checks of a container need to know of its pod. */
export interface PodContext {
  spec: PodSpec
  volumes: ReadonlyMap<string, Volume>
  claimNames: readonly string[]
}

type AnyContainer = Container | EphemeralContainer

function validatePorts(field: string, ports: readonly ContainerPort[] | undefined): FieldError[] {
  const names = new Set<string>()
  return (ports ?? []).flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${field}[${i}]`
    const errors: FieldError[] = []
    if (name) {
      const faults = validatePortName(name)
      errors.push(...invalidEach(`${at}.name`, name, faults))
      if (faults.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name))
      names.add(name)
    }
    errors.push(
      ...(containerPort ? portNumber(`${at}.containerPort`, containerPort) : [required(`${at}.containerPort`)]),
    )
    if (hostPort) errors.push(...portNumber(`${at}.hostPort`, hostPort))
    return [...errors, ...oneOf(`${at}.protocol`, protocol, protocols)]
  })
}

const policies = ['NotRequired', 'RestartContainer']

function validateResizePolicy(
  field: string,
  list: readonly ContainerResizePolicy[] | undefined,
  podPolicy: string | undefined,
): FieldError[] {
  return (list ?? []).flatMap(({ resourceName, restartPolicy }, i, all) => {
    const errors: FieldError[] = []
    if (all.findIndex((other) => other.resourceName === resourceName) < i)
      errors.push(duplicate(`${field}[${i}]`, resourceName))
    errors.push(...oneOf(field, resourceName, ['cpu', 'memory']))
    errors.push(...oneOf(field, restartPolicy, policies))
    if (podPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalidValue(field, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    return errors
  })
}

function validateCommon(
  field: string,
  container: AnyContainer,
  { spec, volumes, claimNames }: PodContext,
): FieldError[] {
  const { name, image } = container
  return [
    ...(name ? dns1123Label(`${field}.name`, name) : [required(`${field}.name`)]),
    ...(image ? [] : [required(`${field}.image`)]),
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...validatePorts(`${field}.ports`, container.ports),
    ...validateEnv(`${field}.env`, container.env),
    ...validateEnvFrom(`${field}.envFrom`, container.envFrom),
    ...validateVolumeMounts(`${field}.volumeMounts`, container, volumes),
    ...validateVolumeDevices(`${field}.volumeDevices`, container, volumes),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...validateContainerResources(`${field}.resources`, container.resources, claimNames),
    ...validateResizePolicy(`${field}.resizePolicy`, container.resizePolicy, spec.restartPolicy),
    ...validateSecurityContext(`${field}.securityContext`, container.securityContext, spec.hostUsers),
  ]
}

const restartPolicies = ['Always', 'Never', 'OnFailure']
const mostRules = 20
const mostExitCodes = 255

function validateRule(field: string, { action, exitCodes }: ContainerRestartRule): FieldError[] {
  const actions = ['Restart', 'RestartAllContainers']
  const errors = actions.includes(action) ? [] : [notSupported(`${field}.action`, action, actions)]
  if (!exitCodes) return [...errors, required(`${field}.exitCodes`, 'must be specified')]
  const { operator, values = [] } = exitCodes
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(notSupported(`${field}.exitCodes.operator`, operator, ['In', 'NotIn']))
  if (values.length > mostExitCodes) errors.push(tooMany(`${field}.exitCodes.values`, values.length, mostExitCodes))
  return errors
}

function validateRestartPolicy(
  field: string,
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
): FieldError[] {
  const errors: FieldError[] = []
  const at = `${field}.restartPolicy`
  if (restartPolicy === undefined) {
    if (rules.length === 0) return []
    errors.push(required(at, 'must specify restartPolicy when restart rules are used'))
  } else if (!restartPolicies.includes(restartPolicy)) errors.push(notSupported(at, restartPolicy, restartPolicies))
  if (rules.length > mostRules) errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, mostRules))
  return [...errors, ...rules.flatMap((rule, i) => validateRule(`${field}.restartPolicyRules[${i}]`, rule))]
}

function validateRunning(field: string, container: Container, { spec }: PodContext): FieldError[] {
  const lifecycle = container.lifecycle
    ? validateLifecycle(`${field}.lifecycle`, container.lifecycle, {
        gracePeriod: spec.terminationGracePeriodSeconds,
        os: spec.os,
      })
    : []
  return [...lifecycle, ...validateProbes(field, container)]
}

export function validateContainers(field: string, context: PodContext): FieldError[] {
  const { containers = [] } = context.spec
  if (containers.length === 0) return [required(field)]
  const names = new Set<string>()
  const errors = containers.flatMap((container, i) => {
    const at = `${field}[${i}]`
    const found = validateCommon(at, container, context)
    if (names.has(container.name)) found.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    found.push(...validateRunning(at, container, context))
    return [...found, ...validateRestartPolicy(at, container)]
  })
  return [...errors, ...validateHostPorts(field, containers)]
}

const onlyForSidecars = 'may not be set for init containers without restartPolicy=Always'

export function validateInitContainers(field: string, context: PodContext): FieldError[] {
  const { containers = [], initContainers = [] } = context.spec
  const names = new Set(containers.map(({ name }) => name))
  return initContainers.flatMap((container, i) => {
    const at = `${field}[${i}]`
    const errors = validateCommon(at, container, context)
    // Where rules stand without a policy, the rules themselves are not looked at.
    if (container.restartPolicy !== undefined) errors.push(...validateRestartPolicy(at, container))
    else if (container.restartPolicyRules?.length)
      errors.push(required(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    if (container.name) names.add(container.name)
    // Init containers run one by one: ports of two of them do not meet.
    errors.push(...validateHostPorts(field, [container]))
    if (isRestartableInitContainer(container)) return [...errors, ...validateRunning(at, container, context)]
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (container[name]) errors.push(forbiddenField(`${at}.${name}`, onlyForSidecars))
    for (const [j, { restartPolicy }] of (container.resizePolicy ?? []).entries())
      if (restartPolicy === 'RestartContainer')
        errors.push(
          invalidValue(
            `${at}.resizePolicy[${j}].restartPolicy`,
            restartPolicy,
            "must not be set to 'RestartContainer' for non-sidecar initContainers",
          ),
        )
    return errors
  })
}

/** Those who look into a running pod bring nothing that it depends on. */
const notForEphemeral = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const
const ephemeralDetail = 'cannot be set for an Ephemeral Container'

const isSet = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

export function validateEphemeralContainers(field: string, context: PodContext): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = context.spec
  const others = [...containers, ...initContainers].map(({ name }) => name)
  const names = new Set(others)
  return ephemeralContainers.flatMap((container, i) => {
    const at = `${field}[${i}]`
    const errors = [...validateCommon(at, container, context), ...validateImageSpace(at, container)]
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.includes(target)) errors.push(notFoundField(`${at}.targetContainerName`, target))
    for (const name of notForEphemeral)
      if (isSet(container[name])) errors.push(forbiddenField(`${at}.${name}`, ephemeralDetail))
    if (Object.keys(container.resources ?? {}).length > 0)
      errors.push(forbiddenField(`${at}.resources`, ephemeralDetail))
    for (const [j, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
      if (subPath) errors.push(forbiddenField(`${at}.volumeMounts[${j}].subPath`, ephemeralDetail))
      if (subPathExpr) errors.push(forbiddenField(`${at}.volumeMounts[${j}].subPathExpr`, ephemeralDetail))
    }
    return errors
  })
}

/** Templates may leave blanks around an image's name, for tools that fill it in; pods may not. */
export const validateImageSpace = (field: string, { image = '' }: AnyContainer): FieldError[] =>
  image === image.trim() ? [] : [invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace')]

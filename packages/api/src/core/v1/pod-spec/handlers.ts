import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  validateHttpHeaderName,
} from '@tandem/apimachinery'
import { invalidEach, nonNegative, portNumber, portNumberOrName } from '../field-checks.ts'
import type { HTTPGetAction, Lifecycle, LifecycleHandler, PodOS, Probe, ProbeHandler, SleepAction } from '../types.ts'
import { stopSignals } from './stop-signals.ts'

type Handlers = ProbeHandler & LifecycleHandler

function validateHttpGet(field: string, { path, port, scheme, httpHeaders = [] }: HTTPGetAction): FieldError[] {
  const errors = path ? [] : [required(`${field}.path`)]
  errors.push(...portNumberOrName(`${field}.port`, port))
  if (scheme !== 'HTTP' && scheme !== 'HTTPS')
    errors.push(notSupported(`${field}.scheme`, scheme ?? '', ['HTTP', 'HTTPS']))
  for (const { name } of httpHeaders)
    errors.push(...invalidEach(`${field}.httpHeaders`, name, validateHttpHeaderName(name)))
  return errors
}

function validateSleep(field: string, { seconds }: SleepAction, gracePeriod: number | undefined): FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return []
  return [
    invalidValue(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`),
  ]
}

const checks = {
  exec: (field, { command = [] }) => (command.length > 0 ? [] : [required(`${field}.command`)]),
  httpGet: validateHttpGet,
  tcpSocket: (field, { port }) => portNumberOrName(`${field}.port`, port),
  grpc: (field, { port }) => portNumber(`${field}.port`, port),
  sleep: validateSleep,
} satisfies {
  [K in keyof Handlers]: (
    field: string,
    action: NonNullable<Handlers[K]>,
    gracePeriod: number | undefined,
  ) => FieldError[]
}

/** Exactly one way to do it. */
function validateHandler(field: string, handlers: Handlers, gracePeriod: number | undefined): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const name of Object.keys(checks) as (keyof typeof checks)[]) {
    const action = handlers[name]
    if (action === undefined) continue
    const check = checks[name] as (field: string, action: object, gracePeriod: number | undefined) => FieldError[]
    if (found > 0) errors.push(forbiddenField(`${field}.${name}`, 'may not specify more than 1 handler type'))
    else errors.push(...check(`${field}.${name}`, action, gracePeriod))
    found++
  }
  return found === 0 ? [required(field, 'must specify a handler type')] : errors
}

function validateProbe(field: string, probe: Probe): FieldError[] {
  const errors = validateHandler(field, probe, undefined)
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const)
    errors.push(...nonNegative(`${field}.${name}`, probe[name]))
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0)
    errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  return errors
}

export interface Probes {
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
}

/** Only readiness can be lost and won again: the other two succeed once. */
export function validateProbes(field: string, { livenessProbe, readinessProbe, startupProbe }: Probes): FieldError[] {
  const errors: FieldError[] = []
  const once = (name: string, probe: Probe | undefined): void => {
    if (!probe) return
    errors.push(...validateProbe(`${field}.${name}`, probe))
    if (probe.successThreshold !== 1)
      errors.push(invalidValue(`${field}.${name}.successThreshold`, probe.successThreshold, 'must be 1'))
  }
  once('livenessProbe', livenessProbe)
  if (readinessProbe) {
    errors.push(...validateProbe(`${field}.readinessProbe`, readinessProbe))
    const grace = readinessProbe.terminationGracePeriodSeconds
    if (grace !== undefined)
      errors.push(
        invalidValue(
          `${field}.readinessProbe.terminationGracePeriodSeconds`,
          grace,
          'must not be set for readinessProbes',
        ),
      )
  }
  once('startupProbe', startupProbe)
  return errors
}

function validateStopSignal(field: string, signal: string, os: PodOS | undefined): FieldError[] {
  if (!os) return [forbiddenField(field, 'may not be set for containers with empty `spec.os.name`')]
  const supported = os.name === 'windows' ? ['SIGKILL', 'SIGTERM'] : stopSignals
  return supported.includes(signal) ? [] : [notSupported(field, signal, supported)]
}

export interface LifecycleContext {
  gracePeriod: number | undefined
  os: PodOS | undefined
}

export function validateLifecycle(
  field: string,
  { postStart, preStop, stopSignal }: Lifecycle,
  { gracePeriod, os }: LifecycleContext,
): FieldError[] {
  return [
    ...(postStart ? validateHandler(`${field}.postStart`, postStart, gracePeriod) : []),
    ...(preStop ? validateHandler(`${field}.preStop`, preStop, gracePeriod) : []),
    ...(stopSignal ? validateStopSignal(`${field}.stopSignal`, stopSignal, os) : []),
  ]
}

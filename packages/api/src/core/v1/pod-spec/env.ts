import {
  type FieldError,
  invalidValue,
  nameIsDnsSubdomain,
  notSupported,
  parseQuantity,
  required,
  validateConfigMapKey,
  validateQualifiedName,
  validateRelaxedEnvVarName,
} from '@tandem/apimachinery'
import { splitSubscript } from '../downward-api.ts'
import { dns1123Label, invalidEach } from '../field-checks.ts'
import type { EnvFromSource, EnvVar, FileKeySelector, ObjectFieldSelector, ResourceFieldSelector } from '../types.ts'
import { withoutBacksteps } from '../volume-path.ts'

const environmentPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

/** What a volume's file may show; the rest is known too late, or changes. */
export const volumePaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.uid',
]

/** Pods have these; each place allows some of them. */
const knownPaths = [...environmentPaths, ...volumePaths, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']

export function validateFieldRef(
  field: string,
  reference: ObjectFieldSelector,
  allowed: readonly string[],
): FieldError[] {
  if (!reference.apiVersion) return [required(`${field}.apiVersion`)]
  if (!reference.fieldPath) return [required(`${field}.fieldPath`)]
  const { path, subscript } = splitSubscript(reference.fieldPath)
  const unknown = (detail: string): FieldError[] => [
    invalidValue(`${field}.fieldPath`, reference.fieldPath, `error converting fieldPath: ${detail}`),
  ]
  if (reference.apiVersion !== 'v1') return unknown(`unsupported pod version: ${reference.apiVersion}`)
  if (subscript !== undefined) {
    if (path === 'metadata.annotations')
      return invalidEach(field, subscript, validateQualifiedName(subscript.toLowerCase()))
    if (path === 'metadata.labels') return invalidEach(field, subscript, validateQualifiedName(subscript))
    return unknown(`field label does not support subscript: ${reference.fieldPath}`)
  }
  if (!knownPaths.includes(path)) return unknown(`field label not supported: ${path}`)
  return allowed.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, allowed)]
}

const containerResources = ['limits', 'requests'].flatMap((kind) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${kind}.${name}`),
)
const sizeUnits = ['1', ...['k', 'M', 'G', 'T', 'P', 'E'].flatMap((unit) => [`1${unit}`])]
const binaryUnits = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((unit) => `1${unit}`)
const sizeDivisors = [...sizeUnits, ...binaryUnits]

function validateDivisor(field: string, { resource = '', divisor }: ResourceFieldSelector): FieldError[] {
  if (!divisor || parseQuantity(divisor).nanos === 0n) return []
  const name = resource.replace(/^(limits|requests)\./, '')
  const allowed = name === 'cpu' ? ['1m', '1'] : sizeDivisors
  if (allowed.includes(divisor) || !/^(cpu|memory|ephemeral-storage|hugepages-.*)$/.test(name)) return []
  const called = name === 'ephemeral-storage' ? 'local ephemeral storage' : name.replace(/-.*/, '')
  const values = name === 'cpu' ? '1m and 1' : sizeDivisors.join(', ')
  return [
    invalidValue(
      `${field}.divisor`,
      resource,
      `only divisor's values ${values} are supported with the ${called} resource`,
    ),
  ]
}

/** In a volume the container must be named: there is none at hand. */
export function validateResourceFieldRef(
  field: string,
  reference: ResourceFieldSelector,
  of: 'environment' | 'volume',
): FieldError[] {
  const { containerName, resource } = reference
  const errors: FieldError[] = []
  if (of === 'volume' && !containerName) errors.push(required(`${field}.containerName`))
  else if (!resource) errors.push(required(`${field}.resource`))
  else if (!containerResources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
    errors.push(notSupported(`${field}.resource`, resource, containerResources))
  return [...errors, ...validateDivisor(field, reference)]
}

function validateKeyRef(field: string, { name = '', key }: { name?: string; key: string }): FieldError[] {
  const errors = invalidEach(`${field}.name`, name, nameIsDnsSubdomain(name, false))
  return [
    ...errors,
    ...(key ? invalidEach(`${field}.key`, key, validateConfigMapKey(key)) : [required(`${field}.key`)]),
  ]
}

function validateFileKeyRef(field: string, { key, volumeName, path }: FileKeySelector): FieldError[] {
  return [
    ...(key ? invalidEach(`${field}.key`, key, validateRelaxedEnvVarName(key)) : [required(`${field}.key`)]),
    ...(volumeName ? dns1123Label(`${field}.volumeName`, volumeName) : [required(`${field}.volumeName`)]),
    ...(path ? withoutBacksteps(`${field}.path`, path) : [required(`${field}.path`)]),
  ]
}

function validateValueFrom(field: string, { value, valueFrom }: EnvVar): FieldError[] {
  if (!valueFrom) return []
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom
  const errors: FieldError[] = []
  if (fieldRef) errors.push(...validateFieldRef(`${field}.fieldRef`, fieldRef, environmentPaths))
  if (resourceFieldRef)
    errors.push(...validateResourceFieldRef(`${field}.resourceFieldRef`, resourceFieldRef, 'environment'))
  if (configMapKeyRef) errors.push(...validateKeyRef(`${field}.configMapKeyRef`, configMapKeyRef))
  if (secretKeyRef) errors.push(...validateKeyRef(`${field}.secretKeyRef`, secretKeyRef))
  if (fileKeyRef) errors.push(...validateFileKeyRef(`${field}.fileKeyRef`, fileKeyRef))
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter((ref) => ref).length
  if (sources === 0)
    errors.push(
      invalidValue(
        field,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    )
  else if (value) errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'))
  else if (sources > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'))
  return errors
}

export const validateEnv = (field: string, variables: readonly EnvVar[] | undefined): FieldError[] =>
  (variables ?? []).flatMap((variable, i) => {
    const { name } = variable
    const errors = name
      ? invalidEach(`${field}[${i}].name`, name, validateRelaxedEnvVarName(name))
      : [required(`${field}[${i}].name`)]
    return [...errors, ...validateValueFrom(`${field}[${i}].valueFrom`, variable)]
  })

const validateEnvSource = (field: string, { name }: { name?: string }): FieldError[] =>
  name ? invalidEach(`${field}.name`, name, nameIsDnsSubdomain(name, true)) : [required(`${field}.name`)]

export const validateEnvFrom = (field: string, sources: readonly EnvFromSource[] | undefined): FieldError[] =>
  (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = `${field}[${i}]`
    const errors = prefix ? invalidEach(`${at}.prefix`, prefix, validateRelaxedEnvVarName(prefix)) : []
    if (configMapRef) errors.push(...validateEnvSource(`${at}.configMapRef`, configMapRef))
    if (secretRef) errors.push(...validateEnvSource(`${at}.secretRef`, secretRef))
    if (!configMapRef && !secretRef)
      errors.push(invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (configMapRef && secretRef)
      errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'))
    return errors
  })

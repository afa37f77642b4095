import { type FieldError, invalidValue, type KubernetesObject, type ScaleSubresource } from '@tandem/apimachinery'

const maxReplicas = 2 ** 31 - 1

/** The number of replicas that is asked for is one. */
export const scaleSpecFaults = (object: KubernetesObject, scale: ScaleSubresource | undefined): FieldError[] =>
  scale ? replicaFaults(object, scale.specReplicasPath) : []

export function scaleStatusFaults(object: KubernetesObject, scale: ScaleSubresource | undefined): FieldError[] {
  if (!scale) return []
  const faults = replicaFaults(object, scale.statusReplicasPath)
  if (!scale.labelSelectorPath) return faults
  const path = scale.labelSelectorPath
  const selector = valueAt(object, path)
  return 'fault' in selector || (selector.value !== undefined && typeof selector.value !== 'string')
    ? [...faults, invalidValue(path, '', accessorError(path, selector, 'string'))]
    : faults
}

function replicaFaults(object: KubernetesObject, path: string): FieldError[] {
  const found = valueAt(object, path)
  if ('fault' in found || (found.value !== undefined && !Number.isInteger(found.value)))
    return [invalidValue(path, 0, accessorError(path, found, 'int64'))]
  const replicas = Number(found.value ?? 0)
  if (replicas < 0) return [invalidValue(path, replicas, 'should be a non-negative integer')]
  return replicas > maxReplicas ? [invalidValue(path, replicas, `should be less than or equal to ${maxReplicas}`)] : []
}

type Found = { value: unknown } | { fault: string }

const steps = (path: string): string[] => path.replace(/^\./, '').split('.')

function valueAt(object: unknown, path: string): Found {
  let value: unknown = object
  const passed: string[] = []
  for (const step of steps(path)) {
    if (value === undefined) return { value }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return {
        fault: `.${passed.join('.')} accessor error: ${shown(value)} is of the type ${goType(value)}, expected map[string]interface{}`,
      }
    value = (value as Record<string, unknown>)[step]
    passed.push(step)
  }
  return { value }
}

const accessorError = (path: string, found: Found, expected: string): string =>
  'fault' in found
    ? found.fault
    : `.${steps(path).join('.')} accessor error: ${shown(found.value)} is of the type ${goType(found.value)}, expected ${expected}`

const shown = (value: unknown): string =>
  value === null ? '<nil>' : typeof value === 'string' ? value : JSON.stringify(value)

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}

import {
  compareQuantities,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { dns1123Label, invalidEach } from '../../core/v1/field-checks.ts'
import { type ReferenceRules, validateObjectReference } from './object-reference.ts'
import type { MetricIdentifier, MetricSpec, MetricTarget } from './types.ts'

const sources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const
type SourceType = keyof typeof sources
type Source = (typeof sources)[SourceType]

export function validateMetric(field: string, metric: MetricSpec, rules: ReferenceRules): FieldError[] {
  const type = metric.type as SourceType | ''
  const at = `${field}.type`
  const errors: FieldError[] = []
  if (!type) errors.push(required(at, 'must specify a metric source type'))
  const expected = type && sources[type]
  const unsupported = notSupported(at, type ?? '', Object.keys(sources).sort())
  if (!expected) errors.push(unsupported)
  const given = Object.values(sources).filter((source) => metric[source] !== undefined)
  const [first] = given
  if (first) errors.push(...validateSource(`${field}.${first}`, metric, first, rules))
  if (!expected) return [...errors, unsupported, ...(given.length === 1 ? [] : others(field, given))]
  if (!given.includes(expected))
    errors.push(required(`${field}.${expected}`, 'must populate information for the given metric source'))
  if (given.length === 1) return errors
  return [
    ...errors,
    ...others(
      field,
      given.filter((source) => source !== expected),
    ),
  ]
}

const others = (field: string, given: readonly Source[]): FieldError[] =>
  given.map((source) => forbiddenField(`${field}.${source}`, 'must populate the given metric source only'))

function validateSource(field: string, metric: MetricSpec, source: Source, rules: ReferenceRules): FieldError[] {
  const { object, external, pods, resource, containerResource } = metric
  if (source === 'object' && object)
    return [
      ...validateObjectReference(`${field}.describedObject`, object.describedObject, rules),
      ...validateIdentifier(`${field}.metric`, object.metric),
      ...validateTarget(`${field}.target`, object.target),
      ...needs(
        `${field}.target.averageValue`,
        [object.target.value, object.target.averageValue],
        'must set either a target value or averageValue',
      ),
    ]
  if (source === 'external' && external)
    return [
      ...validateIdentifier(`${field}.metric`, external.metric),
      ...validateTarget(`${field}.target`, external.target),
      ...needs(
        `${field}.target.averageValue`,
        [external.target.value, external.target.averageValue],
        'must set either a target value for metric or a per-pod target',
      ),
      ...(external.target.value !== undefined && external.target.averageValue !== undefined
        ? [forbiddenField(`${field}.target.value`, 'may not set both a target value for metric and a per-pod target')]
        : []),
    ]
  if (source === 'pods' && pods)
    return [
      ...validateIdentifier(`${field}.metric`, pods.metric),
      ...validateTarget(`${field}.target`, pods.target),
      ...needs(
        `${field}.target.averageValue`,
        [pods.target.averageValue],
        'must specify a positive target averageValue',
      ),
    ]
  if (source === 'resource' && resource)
    return [
      ...(resource.name ? [] : [required(`${field}.name`, 'must specify a resource name')]),
      ...validateUtilization(`${field}.target`, resource.target),
    ]
  if (!containerResource) return []
  const { name, container, target } = containerResource
  return [
    ...(name ? [] : [required(`${field}.name`, 'must specify a resource name')]),
    ...(container
      ? dns1123Label(`${field}.container`, container)
      : [required(`${field}.container`, 'must specify a container')]),
    ...validateUtilization(`${field}.target`, target),
  ]
}

const needs = (field: string, values: readonly unknown[], message: string): FieldError[] =>
  values.every((value) => value === undefined) ? [required(field, message)] : []

function validateUtilization(field: string, target: MetricTarget): FieldError[] {
  const { averageUtilization, averageValue } = target
  const errors = validateTarget(field, target)
  errors.push(
    ...needs(
      `${field}.averageUtilization`,
      [averageUtilization, averageValue],
      'must set either a target raw value or a target utilization',
    ),
  )
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(forbiddenField(`${field}.averageValue`, 'may not set both a target raw value and a target utilization'))
  return errors
}

function validateIdentifier(field: string, { name = '' }: MetricIdentifier): FieldError[] {
  if (!name) return [required(`${field}.name`, 'must specify a metric name')]
  return invalidEach(`${field}.name`, name, nameIsPathSegment(name, false))
}

function validateTarget(field: string, { type, value, averageValue, averageUtilization }: MetricTarget): FieldError[] {
  const errors: FieldError[] = []
  if (!type) errors.push(required(`${field}.type`, 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalidValue(`${field}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue'))
  for (const [name, quantity] of Object.entries({ value, averageValue }))
    if (quantity !== undefined && compareQuantities(quantity, '0') <= 0)
      errors.push(invalidValue(`${field}.${name}`, quantity, 'must be positive'))
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  return errors
}

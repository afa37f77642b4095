import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  quantityToNumber,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import { qualifiedName } from './field-checks.ts'
import { type ResourceList, roundResourceList } from './resource-list.ts'
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './resource-name.ts'
import type { LimitRange, LimitRangeItem } from './types.ts'

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

/** A container's default limit is its maximum; its default request is that limit, or else the minimum. */
function defaultItem(item: LimitRangeItem): void {
  for (const list of lists) roundResourceList(item[list])
  if (item.type !== 'Container') return
  item.default = { ...item.max, ...item.default }
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest }
}

function defaults(range: LimitRange): void {
  range.spec ??= { limits: [] }
  for (const item of range.spec.limits ?? []) defaultItem(item)
}

function validateType(field: string, type: string): FieldError[] {
  const errors = qualifiedName(field, type)
  if (errors.length > 0 || type.includes('/') || ['Container', 'PersistentVolumeClaim', 'Pod'].includes(type))
    return errors
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')]
}

function validateNames(field: string, type: string, list: Readonly<ResourceList> | undefined): FieldError[] {
  const validateName = type === 'Pod' || type === 'Container' ? validateContainerResourceName : validateResourceName
  return Object.keys(list ?? {}).flatMap((name) => validateName(`${field}[${name}]`, name))
}

/** Minimum ≤ default request ≤ default limit ≤ maximum, as far as they are given. */
function validateOrder(field: string, item: LimitRangeItem, name: string): FieldError[] {
  const min = item.min?.[name]
  const max = item.max?.[name]
  const isPod = item.type === 'Pod'
  const limit = isPod ? undefined : item.default?.[name]
  const request = isPod ? undefined : item.defaultRequest?.[name]
  const errors: FieldError[] = []
  const above = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0
  const refuse = (list: string, value: unknown, detail: string): number =>
    errors.push(invalidValue(`${field}.${list}[${name}]`, value, detail))
  if (above(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`)
  if (above(min, request))
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
  if (above(request, max))
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
  if (above(request, limit))
    refuse('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`)
  if (above(min, limit)) refuse('default', min, `min value ${min} is greater than default value ${limit}`)
  if (above(limit, max)) refuse('default', max, `default value ${limit} is greater than max value ${max}`)
  if (!isOvercommitAllowed(name) && request && limit && compareQuantities(request, limit) !== 0)
    refuse('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)
  return [
    ...errors,
    ...validateRatio(`${field}.maxLimitRequestRatio[${name}]`, item.maxLimitRequestRatio?.[name], min, max),
  ]
}

function validateRatio(
  field: string,
  ratio: string | undefined,
  min: string | undefined,
  max: string | undefined,
): FieldError[] {
  if (ratio === undefined) return []
  const errors = compareQuantities(ratio, '1') < 0 ? [invalidValue(field, ratio, `ratio ${ratio} is less than 1`)] : []
  if (min === undefined || max === undefined) return errors
  const highest = quantityToNumber(max) / quantityToNumber(min)
  if (quantityToNumber(ratio) > highest)
    errors.push(invalidValue(field, ratio, `ratio ${ratio} is greater than max/min = ${highest.toFixed(6)}`))
  return errors
}

function validateItem(field: string, item: LimitRangeItem): FieldError[] {
  const errors: FieldError[] = []
  for (const list of lists) {
    if (item.type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(item[list] ?? {}).length > 0)
        errors.push(forbiddenField(`${field}.${list}`, "may not be specified when `type` is 'Pod'"))
    } else errors.push(...validateNames(`${field}.${list}`, item.type, item[list]))
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.storage === undefined && item.max?.storage === undefined)
    errors.push(
      required(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    )
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})))
  return [...errors, ...[...names].flatMap((name) => validateOrder(field, item, name))]
}

function validate({ spec: { limits = [] } }: LimitRange): FieldError[] {
  return limits.flatMap((item, i) => {
    const field = `spec.limits[${i}]`
    const repeated = limits.findIndex(({ type }) => type === item.type) < i
    return [
      ...validateType(`${field}.type`, item.type),
      ...(repeated ? [duplicate(`${field}.type`, item.type)] : []),
      ...validateItem(field, item),
    ]
  })
}

export const limitRanges: ResourceDefinition<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.LimitRange',
  allowCreateOnUpdate: true,
  defaults,
  validate,
  validateUpdate: validate,
  columns: [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      description: 'When the object was created.',
      value: ({ metadata }) => metadata.creationTimestamp,
    },
  ],
}

import { duplicate, equalJson, type FieldError, forbiddenField, invalidValue, required } from '@tandem/apimachinery'
import { CelCompiler, type CelProgram } from '@tandem/apimachinery/cel/environment'
import { messageOf } from '@tandem/apimachinery/cel/evaluation-errors'
import { optionalOf } from '@tandem/apimachinery/cel/optional'
import { toAnyType } from '@tandem/apimachinery/cel/rewriting'
import { celValue } from './cel-values.ts'
import { isMembers } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema, schemasIn } from './json-schema.ts'
import { keyedElement } from './keyed-element.ts'
import type { Before } from './schema-values.ts'
import type { ValidationRule } from './types.ts'

/** What a fault of another kind leaves to be checked later. */
const blocking = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const notChecked = invalidValue(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)

/** What rules say of a value that nothing else is wrong with: they may rely on its types and bounds. */
export function ruleFaultsUnless(
  faults: readonly FieldError[],
  value: unknown,
  schema: Schema,
  before?: Before,
): FieldError[] {
  if (!hasRules(schema)) return []
  if (faults.some(({ type }) => blocking.has(type))) return [notChecked]
  return ruleFaults({ value, schema, before, field: '', isResource: true })
}

const ruled = new WeakMap<Schema, boolean>()

/** Schemas do not change, and most have no rules. */
function hasRules(schema: Schema): boolean {
  let known = ruled.get(schema)
  if (known === undefined) {
    known = schemasIn(schema).some((each) => (each['x-kubernetes-validations'] ?? []).length > 0)
    ruled.set(schema, known)
  }
  return known
}

interface Visit {
  value: unknown
  schema: Schema
  before: Before
  field: string
  isResource?: boolean
}

function ruleFaults(visit: Visit): FieldError[] {
  const { value, schema, before, field } = visit
  if (value === null || value === undefined || !hasRules(schema)) return []
  const errors = ownFaults(visit)
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items && hasRules(items))
      for (const [index, item] of value.entries())
        errors.push(
          ...ruleFaults({
            value: item,
            schema: items,
            before: elementBefore(item, schema, before),
            field: `${field}[${index}]`,
          }),
        )
  } else if (isMembers(value))
    for (const name in value) {
      const property = propertyOf(schema, name)
      const child = property ?? additionalOf(schema)
      if (!child || !hasRules(child)) continue
      const path = property ? (field ? `${field}.${name}` : name) : `${field}[${name}]`
      errors.push(...ruleFaults({ value: value[name], schema: child, before: memberBefore(name, before), field: path }))
    }
  return errors
}

const memberBefore = (name: string, before: Before): Before =>
  before && isMembers(before.value) && Object.hasOwn(before.value, name) ? { value: before.value[name] } : undefined

/** Only elements with keys can be told from each other. */
function elementBefore(item: unknown, schema: Schema, before: Before): Before {
  if (!before || !Array.isArray(before.value) || schema['x-kubernetes-list-type'] !== 'map') return undefined
  const found = keyedElement(before.value, item, schema)
  return found === undefined ? undefined : { value: found }
}

function ownFaults({ value, schema, before, field, isResource = false }: Visit): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const was = before && before.value !== null ? before : undefined
  const isUnchanged = was !== undefined && equalJson(value, was.value)
  const self = celValue(value, schema, { isResource })
  const oldSelf = was && celValue(was.value, schema, { isResource })
  return rules.flatMap((rule) => {
    const compiled = compiledRule(rule)
    if (compiled.usesOldSelf && !was && !rule.optionalOldSelf) return []
    const variables = rule.optionalOldSelf ? { self, oldSelf: optionalOf(oldSelf) } : { self, ...(was && { oldSelf }) }
    const fault = judge(compiled, variables, { value, schema, field })
    // What was so before, and is still the same, may stay so.
    return fault && !(isUnchanged && !compiled.usesOldSelf) ? [fault] : []
  })
}

interface CompiledRule {
  rule: ValidationRule
  holds: CelProgram
  message: CelProgram | undefined
  usesOldSelf: boolean
}

const compiler = new CelCompiler({ variables: { self: 'dyn', oldSelf: 'dyn' } })
const compiled = new WeakMap<ValidationRule, CompiledRule>()

/** Rules were checked against the types of their schema when they were written. */
function compiledRule(rule: ValidationRule): CompiledRule {
  let known = compiled.get(rule)
  if (!known) {
    known = {
      rule,
      holds: compiler.program(rule.rule, toAnyType),
      message: rule.messageExpression ? compiler.program(rule.messageExpression, toAnyType) : undefined,
      usesOldSelf: compiler.mentions(rule.rule, 'oldSelf'),
    }
    compiled.set(rule, known)
  }
  return known
}

type Variables = Readonly<Record<string, unknown>>

function judge(
  { rule, holds, message }: CompiledRule,
  variables: Variables,
  { value, schema, field }: Pick<Visit, 'value' | 'schema' | 'field'>,
): FieldError | undefined {
  let result: unknown
  try {
    result = holds(variables)
  } catch (error) {
    return evaluationFault(field || '<nil>', schema, rule, messageOf(error))
  }
  if (result === true) return undefined
  const place = [field, (rule.fieldPath ?? '').replace(/^\./, '')].filter(Boolean).join('.') || '<nil>'
  return faultOf(rule, place, value, evaluatedMessage(message, variables) ?? messageOfRule(rule))
}

const told = ({ rule, message }: ValidationRule): string => (message || rule).trim()
const messageOfRule = (rule: ValidationRule): string => (rule.message ? told(rule) : `failed rule: ${told(rule)}`)

const longestMessage = 5 * 1024

/** What a message expression yields, where it yields one that can be told. */
function evaluatedMessage(message: CelProgram | undefined, variables: Variables): string | undefined {
  if (!message) return undefined
  try {
    const text = message(variables)
    if (typeof text !== 'string') return undefined
    const trimmed = text.trim()
    return trimmed === '' || /\n/.test(trimmed) || Buffer.byteLength(trimmed) > longestMessage ? undefined : trimmed
  } catch {
    return undefined
  }
}

function evaluationFault(field: string, { type = '' }: Schema, rule: ValidationRule, why: string): FieldError {
  const detail = why.startsWith('no such overload')
    ? `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${told(rule)}`
    : `${why} evaluating rule: ${told(rule)}`
  return invalidValue(field, type, detail)
}

function faultOf({ reason }: ValidationRule, field: string, value: unknown, detail: string): FieldError {
  const isPlain = typeof value !== 'object'
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail)
    case 'FieldValueRequired':
      return required(field, detail)
    case 'FieldValueDuplicate':
      return isPlain ? duplicate(field, value) : { type: reason, field, message: 'Duplicate value' }
    default:
      // Objects and lists are too long to be told.
      return isPlain
        ? invalidValue(field, value, detail)
        : { type: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` }
  }
}

import { type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { CelCompiler, type CelFields } from '@tandem/apimachinery/cel/environment'
import { additionalOf, itemsOf, propertiesOf, type Schema, schemaAt } from './json-schema.ts'
import type { ValidationRule } from './types.ts'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const hasNewlines = (text: string): boolean => /[\n\r]/.test(text)

/** What of rules can be told without compiling them. */
export const validateRules = (field: string, schema: Schema): FieldError[] =>
  (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    validateRule(`${field}.x-kubernetes-validations[${index}]`, rule, schema),
  )

function validateRule(field: string, rule: ValidationRule, schema: Schema): FieldError[] {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const source = (rule.rule ?? '').trim()
  const errors: FieldError[] = []
  if (!source) errors.push(required(`${field}.rule`, 'rule is not specified'))
  else if (message && !message.trim())
    errors.push(invalidValue(`${field}.message`, message, 'must be non-empty if specified'))
  else if (hasNewlines(message.trim()))
    errors.push(invalidValue(`${field}.message`, message, 'must not contain line breaks'))
  else if (hasNewlines(source) && !message.trim())
    errors.push(required(`${field}.message`, 'message must be specified if rule contains line breaks'))
  if (messageExpression && !messageExpression.trim())
    errors.push(required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${field}.reason`, reason, reasons))
  const at = `${field}.fieldPath`
  if (fieldPath && !fieldPath.trim()) errors.push(invalidValue(at, fieldPath, 'must be non-empty if specified'))
  if (hasNewlines(fieldPath)) errors.push(invalidValue(at, fieldPath, 'must not contain line breaks'))
  if (fieldPath && 'fault' in schemaAt(fieldPath, schema, { brackets: true }))
    errors.push(invalidValue(at, fieldPath, 'must be a valid path'))
  return errors
}

export interface RuleScope {
  /** `self` has what every object has: at the root, and in embedded resources. */
  isResource: boolean
  /** Where the path is in which what was before cannot be told from what is now. */
  uncorrelatable?: string | undefined
}

/** Compiles each rule against the type that the schema describes. */
export function compileRules(field: string, schema: Schema, scope: RuleScope): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const types: Record<string, CelFields> = {}
  const self = typeOf(schema, { name: 'selfType', types, isResource: scope.isResource })
  return rules.flatMap((rule, index) =>
    compileRule(`${field}.x-kubernetes-validations[${index}]`, rule, { ...scope, self, types }),
  )
}

interface Typed extends RuleScope {
  self: string
  types: Record<string, CelFields>
}

function compileRule(field: string, rule: ValidationRule, { self, types, uncorrelatable }: Typed): FieldError[] {
  const oldSelf = rule.optionalOldSelf ? `optional<${self}>` : self
  const compiler = new CelCompiler({ variables: { self, oldSelf }, types })
  const errors: FieldError[] = []
  const verdict = compiler.compile(rule.rule)
  if ('fault' in verdict) return [invalidValue(`${field}.rule`, rule, verdict.fault)]
  if (verdict.type !== 'bool' && verdict.type !== 'dyn')
    return [invalidValue(`${field}.rule`, rule, 'cel expression must evaluate to a bool')]
  const message = rule.messageExpression ? compiler.compile(rule.messageExpression) : undefined
  if (message && 'fault' in message)
    errors.push(invalidValue(`${field}.messageExpression`, rule, `messageExpression ${message.fault}`))
  else if (message && message.type !== 'string' && message.type !== 'dyn')
    errors.push(invalidValue(`${field}.messageExpression`, rule, 'messageExpression must evaluate to a string'))
  const usesOldSelf = compiler.mentions(rule.rule, 'oldSelf')
  if (usesOldSelf && uncorrelatable !== undefined)
    errors.push(
      invalidValue(
        `${field}.rule`,
        rule.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
      ),
    )
  if (!usesOldSelf && rule.optionalOldSelf !== undefined)
    errors.push(
      invalidValue(`${field}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
    )
  return errors
}

interface Naming {
  name: string
  types: Record<string, CelFields>
  isResource: boolean
}

const stringTypes: Readonly<Record<string, string>> = {
  byte: 'bytes',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

/** The type of values of a schema; types of objects are declared on the way. What may be null may be anything. */
function typeOf(schema: Schema, { name, types, isResource }: Naming): string {
  if (schema.nullable || schema['x-kubernetes-int-or-string']) return 'dyn'
  const below = (child: Schema, step: string): string =>
    typeOf(child, {
      name: `${name}.${step}`,
      types,
      isResource: child['x-kubernetes-embedded-resource'] === true,
    })
  const items = itemsOf(schema)
  const additional = additionalOf(schema)
  switch (schema.type) {
    case 'string':
      return stringTypes[schema.format ?? ''] ?? 'string'
    case 'boolean':
      return 'bool'
    case 'integer':
      return 'int'
    case 'number':
      return 'double'
    case 'array':
      return `list<${items ? below(items, 'items') : 'dyn'}>`
    case 'object':
      if (additional) return `map<string, ${below(additional, 'additionalProperties')}>`
      if (!schema.properties && !isResource) return 'dyn'
      break
    default:
      return 'dyn'
  }
  const fields: Record<string, string> = {}
  for (const [property, child] of propertiesOf(schema)) {
    const escaped = escapeName(property)
    if (escaped !== undefined) fields[escaped] = below(child, property.replaceAll(/[^A-Za-z0-9_]/g, '_'))
  }
  if (isResource) {
    const metadata = `${name}.metadata`
    types[metadata] = { name: 'string', generateName: 'string' }
    Object.assign(fields, { apiVersion: 'string', kind: 'string', metadata })
  }
  types[name] = fields
  return name
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const symbols: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** How a property is written in CEL; undefined when it cannot be. */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`
  if (/^\d/.test(name)) return undefined
  const escaped = name.replace(/__|[./-]/g, (found) => symbols[found] ?? found)
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined
}

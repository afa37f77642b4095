import { duplicate, type FieldError, invalidValue, required, tooMany } from '@tandem/apimachinery'
import { qualifiedName } from '../../core/v1/field-checks.ts'
import { admissionCompiler } from './admission-expressions.ts'
import type { MatchCondition } from './types.ts'

const maxConditions = 64

/** `params` where they may speak of a policy's parameters. */
export function validateMatchConditions(
  field: string,
  conditions: readonly MatchCondition[] = [],
  scope: { params?: boolean } = {},
): FieldError[] {
  const names = conditions.map(({ name }) => name)
  const compiler = admissionCompiler({ ...scope, authorizer: true })
  return [
    ...(conditions.length > maxConditions ? [tooMany(field, conditions.length, maxConditions)] : []),
    ...conditions.flatMap(({ name, expression }, index) => {
      const at = `${field}[${index}]`
      const trimmed = (expression ?? '').trim()
      const fault = trimmed ? compiler.fault(trimmed, ['bool']) : undefined
      return [
        ...(trimmed ? [] : [required(`${at}.expression`)]),
        ...(fault ? [invalidValue(`${at}.expression`, trimmed, fault)] : []),
        ...(name ? qualifiedName(`${at}.name`, name) : [required(`${at}.name`)]),
        ...(name && names.indexOf(name) < index ? [duplicate(`${at}.name`, name)] : []),
      ]
    }),
  ]
}

import { badRequest } from './errors.ts'

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All requirements must hold; none means everything. */
export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[]
}

/** `fields` are the values of a resource's selectable fields; one it lacks counts as empty. */
export const matchesFields = (matcher: FieldMatcher, fields: Readonly<Record<string, string>>): boolean =>
  matcher.requirements.every(({ field, operator, value }) => ((fields[field] ?? '') === value) === (operator === '='))

/** The one value a field must have, if the selector says so: watches and lists by name or node use it. */
export const requiredField = (matcher: FieldMatcher, field: string): string | undefined =>
  matcher.requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value

/** Parses a query's `fieldSelector`; backslash escapes `,`, `=` and itself in values. Throws badRequest in upstream's words. */
export function parseFieldSelector(text: string): FieldMatcher {
  const requirements = terms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term): FieldRequirement => {
      const [, field, sign, value] = /^(.*?)(!=|==|=)(.*)$/s.exec(term) ?? []
      if (field === undefined || value === undefined)
        throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
      return { field, operator: sign === '!=' ? '!=' : '=', value: unescaped(value) }
    })
  return { requirements }
}

/** Splits at commas that no backslash precedes. */
const terms = (text: string): string[] => text.match(/(?:[^\\,]|\\[\s\S]|\\$)+/g) ?? []

function unescaped(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/g, (sequence, character: string | undefined) => {
    if (character === '\\' || character === ',' || character === '=') return character
    if (character === undefined)
      throw badRequest(`invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`)
    throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`)
  })
}

const escaped = (value: string): string => value.replace(/[\\,=]/g, '\\$&')

export const printFieldMatcher = ({ requirements }: FieldMatcher): string =>
  requirements.map(({ field, operator, value }) => `${field}${operator}${escaped(value)}`).join(',')

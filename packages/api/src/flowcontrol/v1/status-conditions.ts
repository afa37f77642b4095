import { duplicate, type FieldError, required } from '@tandem/apimachinery'

/** The conditions of this group are known by their type, and may lack all else. */
export function validateStatusConditions(conditions: readonly { type?: string }[] = []): FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap(({ type = '' }, index) => {
    const at = `status.conditions[${index}].type`
    const errors = seen.has(type) ? [duplicate(at, type)] : []
    seen.add(type)
    return type === '' ? [...errors, required(at)] : errors
  })
}

import { parseFieldSelector, requiredField } from '@tandem/apimachinery'

/** The value that a field must have by a selector as it came in a query. One that cannot be read demands nothing: its handler refuses it. */
export function demanded(fieldSelector: string, field: string): string | undefined {
  try {
    return requiredField(parseFieldSelector(fieldSelector), field)
  } catch {
    return undefined
  }
}

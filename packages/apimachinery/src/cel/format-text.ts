const shown = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  const text = String(value)
  if (typeof value !== 'object' || text !== '[object Object]') return text
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}: ${shown(member)}`)
    .sort()
    .join(', ')}}`
}

/** `%s`, `%d`, `%f`, `%e`, `%b`, `%x`, `%X` and `%o`, each for the next of the values. */
export function formatText(text: string, values: readonly unknown[]): string {
  let next = 0
  return text.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (found: string, precision: string | undefined, clause: string) => {
      if (found === '%%') return '%'
      if (next >= values.length) throw new Error(`index ${next} out of range`)
      return clauseOf(clause, values[next++], precision === undefined ? 6 : Number(precision))
    },
  )
}

function clauseOf(clause: string, value: unknown, precision: number): string {
  switch (clause) {
    case 's':
      return shown(value)
    case 'd':
      return String(value)
    case 'f':
      return Number(value).toFixed(precision)
    case 'e':
      return Number(value)
        .toExponential(precision)
        .replace(/e([+-])(\d)$/, 'e$10$2')
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : (value as bigint).toString(2)
    case 'o':
      return (value as bigint).toString(8)
    case 'x':
    case 'X': {
      const hex = typeof value === 'string' ? Buffer.from(value).toString('hex') : (value as bigint).toString(16)
      return clause === 'X' ? hex.toUpperCase() : hex
    }
    default:
      throw new Error(`unrecognized formatting clause "${clause}"`)
  }
}

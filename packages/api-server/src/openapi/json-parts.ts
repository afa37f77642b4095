import { Turns } from '../registry/turns.ts'
import type { Json } from './schema.ts'

/** A document as JSON, made part by part: others have the event loop in between. */
export async function jsonOf(document: Json): Promise<string> {
  const turns = new Turns()
  const textOf = async (value: unknown, depth: number): Promise<string> => {
    if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) {
      await turns.take()
      return JSON.stringify(value)
    }
    const parts: string[] = []
    for (const [name, member] of Object.entries(value))
      if (member !== undefined) parts.push(`${JSON.stringify(name)}:${await textOf(member, depth - 1)}`)
    return `{${parts.join(',')}}`
  }
  // As deep as paths and schemas are.
  return textOf(document, 3)
}

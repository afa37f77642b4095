import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface TypeDescription {
  description?: string
  fields: ReadonlyMap<string, string>
}

/** What a type and its fields are for, for `kubectl explain`. */
export type Describe = (type: string) => Promise<TypeDescription>

/** Remembers what it was told, for as long as one document is made. */
export function remembering(describe: Describe): Describe {
  const known = new Map<string, Promise<TypeDescription>>()
  return (type) => {
    const description = known.get(type) ?? describe(type)
    known.set(type, description)
    return description
  }
}

const unknown: TypeDescription = { fields: new Map() }

/** Where the client library keeps its models; it carries upstream's texts. Undefined where it is not installed. */
function modelsDirectory(): string | undefined {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node'))), 'gen', 'models')
  } catch {
    return undefined
  }
}

/** Reads a type's texts when asked, and keeps none: documents are made seldom, and all texts together are large. */
export function describeFromModels(directory = modelsDirectory()): Describe {
  if (!directory) return async () => unknown
  return async (type) => {
    for (const model of modelNames(type)) {
      const text = await readFile(join(directory, `${model}.d.ts`), 'utf8').catch(() => undefined)
      if (text !== undefined) return parseModel(text)
    }
    return unknown
  }
}

/** `io.k8s.api.core.v1.Pod` is the model V1Pod; a kind that several groups have is named after its group: CoreV1Event. */
function modelNames(type: string): string[] {
  const [name = '', version = '', group = ''] = type.split('.').reverse()
  const plain = capitalized(version) + name
  return [plain, capitalized(group) + plain]
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function parseModel(text: string): TypeDescription {
  const start = text.indexOf('export declare class')
  const fields = new Map<string, string>()
  // Words of the language have an underscore there: `_continue`, `_default`.
  for (const [, comment = '', name = ''] of text
    .slice(start)
    .matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'([^']+)'\??:/g))
    fields.set(name.replace(/^_/, ''), cleaned(comment))
  const head = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, start))?.[1] ?? ''
  const description = head.includes('NOTE: This class is auto generated') ? '' : cleaned(head)
  return { ...(description && { description }), fields }
}

const cleaned = (comment: string): string =>
  comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\\(['"])/g, '$1')
    .trim()

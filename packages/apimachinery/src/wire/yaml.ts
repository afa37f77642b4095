import { dump, load, loadAll, YAMLException } from 'js-yaml'
import { DecodeError } from '../decode/decode-error.ts'
import { repeatedKeys } from './yaml-repeated.ts'
import { yamlSchema } from './yaml-schema.ts'

/** Parses a body of one YAML document. Throws DecodeError, with the line as upstream tells it. */
export function parseYaml(bytes: Uint8Array): unknown {
  try {
    return load(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(), { schema: yamlSchema })
  } catch (cause) {
    throw new DecodeError(`error converting YAML to JSON: ${messageOf(cause)}`, { cause })
  }
}

export interface YamlBody {
  /** Of keys that are named twice, the last counts. */
  value: unknown
  /** What is wrong with the text all the same: keys that are named twice. */
  repeated: string[]
}

/** Parses a body as upstream does, which leaves it to the validation of fields whether keys may be repeated. */
export function readYaml(bytes: Uint8Array): YamlBody {
  try {
    return { value: parseYaml(bytes), repeated: [] }
  } catch (error) {
    const { cause } = error as Error
    if (!(cause instanceof YAMLException) || cause.reason !== 'duplicated mapping key') throw error
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return { value: load(text, { schema: yamlSchema, json: true }), repeated: repeatedKeys(text) }
}

/** Every document of a file. */
export const parseYamlDocuments = (text: string): unknown[] => loadAll(text, { schema: yamlSchema })

function messageOf(cause: unknown): string {
  if (!(cause instanceof YAMLException)) return cause instanceof Error ? cause.message : String(cause)
  const line = cause.mark ? `line ${cause.mark.line + 1}: ` : ''
  return `yaml: ${line}${cause.reason}`
}

/** As Go prints it: keys in order, lists no deeper than their key. Words that YAML 1.1 takes for booleans are quoted. */
export const printYaml = (object: object): string =>
  dump(object, { lineWidth: -1, noRefs: true, sortKeys: true, seqNoIndent: true, quoteStyle: 'double' })

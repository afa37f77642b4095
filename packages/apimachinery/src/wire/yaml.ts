import { dump, load, loadAll, YAMLException } from 'js-yaml'
import { DecodeError } from '../decode/decode-error.ts'
import { yamlSchema } from './yaml-schema.ts'

/** Parses a body of one YAML document. Throws DecodeError, with the line as upstream tells it. */
export function parseYaml(bytes: Uint8Array): unknown {
  try {
    return load(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(), { schema: yamlSchema })
  } catch (cause) {
    throw new DecodeError(`error converting YAML to JSON: ${messageOf(cause)}`, { cause })
  }
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

import { dump } from 'js-yaml'
import protobuf from 'protobufjs/minimal.js'
import { Turns } from '../registry/turns.ts'
import type { Json } from './schema.ts'

/** How the fields of gnostic's messages are written, in either version. */
export type Writer = protobuf.Writer
export type Write<T> = (writer: Writer, value: T) => void

const delimited = 2
const varint = 0
const tag = (field: number, wireType: number): number => (field << 3) | wireType

export function text(writer: Writer, field: number, value: unknown): void {
  if (typeof value === 'string' && value !== '') writer.uint32(tag(field, delimited)).string(value)
}
export function texts(writer: Writer, field: number, values: unknown): void {
  for (const value of listOf(values)) text(writer, field, value)
}
export function flag(writer: Writer, field: number, value: unknown): void {
  if (value === true) writer.uint32(tag(field, varint)).bool(true)
}
export function message<T>(writer: Writer, field: number, value: T | undefined, write: Write<T>): void {
  if (value === undefined) return
  writer.uint32(tag(field, delimited)).fork()
  write(writer, value)
  writer.ldelim()
}
export function named<T>(writer: Writer, field: number, values: Record<string, T> | undefined, write: Write<T>): void {
  for (const [name, value] of Object.entries(values ?? {}))
    message(writer, field, name, () => {
      text(writer, 1, name)
      message(writer, 2, value, write)
    })
}

/** The many parts of a large message, one at a time: others have the event loop in between. */
export async function namedParts<T>(
  field: number,
  values: Record<string, T> | undefined,
  write: Write<T>,
): Promise<Uint8Array> {
  const turns = new Turns()
  const parts: Uint8Array[] = []
  for (const [name, value] of Object.entries(values ?? {})) {
    const writer = protobuf.Writer.create()
    named(writer, field, { [name]: value }, write)
    parts.push(writer.finish())
    await turns.take()
  }
  return Buffer.concat(parts)
}

/** A message that was written before. */
export function written(writer: Writer, field: number, bytes: Uint8Array): void {
  writer.uint32(tag(field, delimited)).bytes(bytes)
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const objects = (value: unknown): Json[] => listOf(value) as Json[]
export const object = (value: unknown): Json | undefined => value as Json | undefined

/** Any value is carried as its YAML. */
export const any: Write<unknown> = (writer, value) => text(writer, 2, dump(value))

export function extensions(writer: Writer, field: number, value: Json): void {
  const found = Object.entries(value).filter(([name]) => name.startsWith('x-'))
  named(writer, field, Object.fromEntries(found), any)
}

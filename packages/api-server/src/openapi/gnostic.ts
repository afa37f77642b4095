import { dump } from 'js-yaml'
import protobuf from 'protobufjs/minimal.js'
import type { Json } from './schema.ts'

/** The media type under which clients ask for version 2; the message is gnostic's `openapi.v2.Document`. */
export const openApiV2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

type Writer = protobuf.Writer
type Write<T> = (writer: Writer, value: T) => void

const delimited = 2
const varint = 0
const tag = (field: number, wireType: number): number => (field << 3) | wireType

function text(writer: Writer, field: number, value: unknown): void {
  if (typeof value === 'string' && value !== '') writer.uint32(tag(field, delimited)).string(value)
}
function texts(writer: Writer, field: number, values: unknown): void {
  for (const value of listOf(values)) text(writer, field, value)
}
function flag(writer: Writer, field: number, value: unknown): void {
  if (value === true) writer.uint32(tag(field, varint)).bool(true)
}
function message<T>(writer: Writer, field: number, value: T | undefined, write: Write<T>): void {
  if (value === undefined) return
  writer.uint32(tag(field, delimited)).fork()
  write(writer, value)
  writer.ldelim()
}
function named<T>(writer: Writer, field: number, values: Record<string, T> | undefined, write: Write<T>): void {
  for (const [name, value] of Object.entries(values ?? {}))
    message(writer, field, name, () => {
      text(writer, 1, name)
      message(writer, 2, value, write)
    })
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const objects = (value: unknown): Json[] => listOf(value) as Json[]
const object = (value: unknown): Json | undefined => value as Json | undefined

/** Any value is carried as its YAML. */
const any: Write<unknown> = (writer, value) => text(writer, 2, dump(value))

function extensions(writer: Writer, field: number, value: Json): void {
  const found = Object.entries(value).filter(([name]) => name.startsWith('x-'))
  named(writer, field, Object.fromEntries(found), any)
}

const schema: Write<Json> = (writer, value) => {
  text(writer, 1, value.$ref)
  text(writer, 2, value.format)
  text(writer, 4, value.description)
  message(writer, 5, value.default, any)
  texts(writer, 19, value.required)
  for (const item of listOf(value.enum)) message(writer, 20, item, any)
  message(writer, 21, object(value.additionalProperties), (_, properties) => message(writer, 1, properties, schema))
  message(writer, 22, value.type, () => text(writer, 1, value.type))
  message(writer, 23, object(value.items), (_, items) => message(writer, 1, items, schema))
  message(writer, 25, value.properties as Record<string, Json> | undefined, (_, properties) =>
    named(writer, 1, properties, schema),
  )
  extensions(writer, 31, value)
}

const bodyParameter: Write<Json> = (writer, value) => {
  text(writer, 1, value.description)
  text(writer, 2, value.name)
  text(writer, 3, value.in)
  flag(writer, 4, value.required)
  message(writer, 5, object(value.schema), schema)
}

const queryParameter: Write<Json> = (writer, value) => {
  text(writer, 2, value.in)
  text(writer, 3, value.description)
  text(writer, 4, value.name)
  text(writer, 6, value.type)
  flag(writer, 20, value.uniqueItems)
}

const pathParameter: Write<Json> = (writer, value) => {
  flag(writer, 1, value.required)
  text(writer, 2, value.in)
  text(writer, 3, value.description)
  text(writer, 4, value.name)
  text(writer, 5, value.type)
  flag(writer, 19, value.uniqueItems)
}

/** ParametersItem, Parameter and NonBodyParameter each are a choice. */
const parameter: Write<Json> = (writer, value) =>
  message(writer, 1, value, () => {
    if (value.in === 'body') message(writer, 1, value, bodyParameter)
    else
      message(writer, 2, value, () =>
        value.in === 'query' ? message(writer, 3, value, queryParameter) : message(writer, 4, value, pathParameter),
      )
  })

const response: Write<Json> = (writer, value) =>
  message(writer, 1, value, () => {
    text(writer, 1, value.description)
    message(writer, 2, object(value.schema), (_, answer) => message(writer, 1, answer, schema))
  })

const operation: Write<Json> = (writer, value) => {
  texts(writer, 1, value.tags)
  text(writer, 3, value.description)
  text(writer, 5, value.operationId)
  texts(writer, 6, value.produces)
  texts(writer, 7, value.consumes)
  for (const item of objects(value.parameters)) message(writer, 8, item, parameter)
  message(writer, 9, value.responses as Record<string, Json>, (_, responses) => named(writer, 1, responses, response))
  texts(writer, 10, value.schemes)
  extensions(writer, 13, value)
}

const methods = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }
const pathItem: Write<Json> = (writer, value) => {
  for (const [method, field] of Object.entries(methods)) message(writer, field, object(value[method]), operation)
}

const apiKey: Write<Json> = (writer, value) =>
  message(writer, 2, value, () => {
    text(writer, 1, value.type)
    text(writer, 2, value.name)
    text(writer, 3, value.in)
    text(writer, 4, value.description)
  })

const info: Write<Json> = (writer, value) => {
  text(writer, 1, value.title)
  text(writer, 2, value.version)
}

/** From the document as `openApiV2` makes it. */
export function encodeOpenApiV2(document: Json): Uint8Array {
  const writer = protobuf.Writer.create()
  text(writer, 1, document.swagger)
  message(writer, 2, object(document.info), info)
  message(writer, 8, document.paths as Record<string, Json>, (_, paths) => named(writer, 2, paths, pathItem))
  message(writer, 9, document.definitions as Record<string, Json>, (_, definitions) =>
    named(writer, 1, definitions, schema),
  )
  for (const requirement of objects(document.security))
    message(writer, 12, requirement, () => named(writer, 1, requirement, () => undefined))
  message(writer, 13, document.securityDefinitions as Record<string, Json>, (_, definitions) =>
    named(writer, 1, definitions, apiKey),
  )
  return writer.finish()
}

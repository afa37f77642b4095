import protobuf from 'protobufjs/minimal.js'
import {
  any,
  extensions,
  flag,
  listOf,
  message,
  named,
  namedParts,
  object,
  objects,
  text,
  texts,
  type Write,
  type Writer,
  written,
} from './gnostic-fields.ts'
import type { Json } from './schema.ts'

/** The media type under which clients ask for documents of version 3; the message is gnostic's `openapi.v3.Document`. */
export const openApiV3Protobuf = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf'

type Named = Record<string, Json> | undefined

/** Whatever may be a reference is a choice of two: the thing, or where it is. */
const orReference =
  (write: Write<Json>): Write<Json> =>
  (writer, value) => {
    if (typeof value.$ref === 'string') message(writer, 2, value, () => text(writer, 1, value.$ref))
    else message(writer, 1, value, write)
  }

const schema: Write<Json> = (writer, value) => {
  flag(writer, 20, value.uniqueItems)
  texts(writer, 23, value.required)
  for (const item of listOf(value.enum)) message(writer, 24, item, any)
  text(writer, 25, value.type)
  for (const item of objects(value.allOf)) message(writer, 26, item, schemaOrReference)
  for (const item of objects(value.oneOf)) message(writer, 27, item, schemaOrReference)
  message(writer, 30, object(value.items), (_, items) => message(writer, 1, items, schemaOrReference))
  message(writer, 31, value.properties as Named, (_, properties) => named(writer, 1, properties, schemaOrReference))
  message(writer, 32, object(value.additionalProperties), (_, found) => message(writer, 1, found, schemaOrReference))
  fallback(writer, value.default)
  text(writer, 34, value.description)
  text(writer, 35, value.format)
  extensions(writer, 36, value)
}
const schemaOrReference = orReference((writer, value) => schema(writer, value))

/** A default is a number, a boolean or a string: for others the message has no place. */
function fallback(writer: Writer, value: unknown): void {
  if (!['number', 'boolean', 'string'].includes(typeof value)) return
  message(writer, 33, value, () => {
    if (typeof value === 'number') writer.uint32((1 << 3) | 1).double(value)
    else if (typeof value === 'boolean') writer.uint32(2 << 3).bool(value)
    else writer.uint32((3 << 3) | 2).string(value as string)
  })
}

const parameter: Write<Json> = (writer, value) => {
  text(writer, 1, value.name)
  text(writer, 2, value.in)
  text(writer, 3, value.description)
  flag(writer, 4, value.required)
  message(writer, 10, object(value.schema), schemaOrReference)
}

const mediaTypes: Write<Named> = (writer, value) =>
  named(writer, 1, value, (_, type: Json) => message(writer, 1, object(type.schema), schemaOrReference))

const requestBody: Write<Json> = (writer, value) => {
  message(writer, 2, value.content as Named, mediaTypes)
  flag(writer, 3, value.required)
}

const response: Write<Json> = (writer, value) => {
  text(writer, 1, value.description)
  message(writer, 3, value.content as Named, mediaTypes)
}

const operation: Write<Json> = (writer, value) => {
  texts(writer, 1, value.tags)
  text(writer, 3, value.description)
  text(writer, 5, value.operationId)
  for (const item of objects(value.parameters)) message(writer, 6, item, orReference(parameter))
  message(writer, 7, object(value.requestBody), orReference(requestBody))
  message(writer, 8, value.responses as Named, (_, responses) => named(writer, 2, responses, orReference(response)))
  extensions(writer, 13, value)
}

const methods = { get: 4, put: 5, post: 6, delete: 7, options: 8, head: 9, patch: 10 }
const pathItem: Write<Json> = (writer, value) => {
  for (const [method, field] of Object.entries(methods)) message(writer, field, object(value[method]), operation)
}

const securityScheme: Write<Json> = (writer, value) => {
  text(writer, 1, value.type)
  text(writer, 2, value.description)
  text(writer, 3, value.name)
  text(writer, 4, value.in)
}

const info: Write<Json> = (writer, value) => {
  text(writer, 1, value.title)
  text(writer, 6, value.version)
}

/** From a document as `openApiV3` makes it. */
export async function encodeOpenApiV3(document: Json): Promise<Uint8Array> {
  const components = object(document.components)
  const paths = await namedParts(1, document.paths as Named, pathItem)
  const schemas = await namedParts(1, components?.schemas as Named, schemaOrReference)
  const writer = protobuf.Writer.create()
  text(writer, 1, document.openapi)
  message(writer, 2, object(document.info), info)
  written(writer, 4, paths)
  message(writer, 5, components, () => {
    written(writer, 1, schemas)
    message(writer, 7, components?.securitySchemes as Named, (_, found) =>
      named(writer, 1, found, orReference(securityScheme)),
    )
  })
  return writer.finish()
}

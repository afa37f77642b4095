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
  written,
} from './gnostic-fields.ts'
import type { Json } from './schema.ts'

/** The media type under which clients ask for version 2; the message is gnostic's `openapi.v2.Document`. */
export const openApiV2Protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

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

const methods = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 }
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
export async function encodeOpenApiV2(document: Json): Promise<Uint8Array> {
  const paths = await namedParts(2, document.paths as Record<string, Json>, pathItem)
  const definitions = await namedParts(1, document.definitions as Record<string, Json>, schema)
  const writer = protobuf.Writer.create()
  text(writer, 1, document.swagger)
  message(writer, 2, object(document.info), info)
  written(writer, 8, paths)
  written(writer, 9, definitions)
  for (const requirement of objects(document.security))
    message(writer, 12, requirement, () => named(writer, 1, requirement, () => undefined))
  message(writer, 13, document.securityDefinitions as Record<string, Json>, (_, found) =>
    named(writer, 1, found, apiKey),
  )
  return writer.finish()
}

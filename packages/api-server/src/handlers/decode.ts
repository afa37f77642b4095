import { builtInSchema } from '@tandem/api'
import {
  apiVersionOf,
  badRequest,
  type DeleteOptions,
  type KubernetesObject,
  parseApiVersion,
  type ResourceDefinition,
  unsupportedMediaType,
} from '@tandem/apimachinery'
import { decodeCustom, decodeObject, type TextFaults, yamlFaults } from '@tandem/apimachinery/decode/decode'
import { DecodeError, decodeFailure } from '@tandem/apimachinery/decode/decode-error'
import { parseJson } from '@tandem/apimachinery/wire/json'
import { readYaml } from '@tandem/apimachinery/wire/yaml'
import { decodeProtobuf } from '../request/protobuf.ts'
import type { ResourceRequest } from './handler.ts'
import type { WriteParameters } from './options.ts'

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

interface Body {
  value: Record<string, unknown>
  bytes: Buffer
  isJson: boolean
  /** Keys of YAML that were named twice. */
  repeated: readonly string[]
}

/** The object in a request's body: of the right kind, with defaults, and with what it should not hold warned of or refused. */
export function decodeBody(
  { request, kube, definition }: Pick<ResourceRequest, 'request' | 'kube' | 'definition'>,
  { fieldValidation }: Pick<WriteParameters, 'fieldValidation'>,
): KubernetesObject {
  const { value, bytes, isJson, repeated } = parseBody(
    { bytes: request.body as Buffer | undefined, contentType: request.headers['content-type'] },
    definition,
  )
  const earlier = yamlFaults(repeated)
  return decodeValue({ kube, definition }, { value, fieldValidation, earlier, text: isJson ? bytes : undefined })
}

export interface ValueToDecode {
  value: Record<string, unknown>
  fieldValidation: WriteParameters['fieldValidation']
  text?: Buffer | undefined
  /** What was wrong with the body already. */
  earlier?: TextFaults | undefined
  /** The answer to what is no such object, where it is not the usual one. */
  refuse?: ((error: DecodeError) => Error) | undefined
}

/** The object in parsed JSON: a body, or what a patch made. */
export function decodeValue(
  { kube, definition }: Pick<ResourceRequest, 'kube' | 'definition'>,
  { value, fieldValidation, text, earlier, refuse }: ValueToDecode,
): KubernetesObject {
  const found = kindOf(value, definition)
  checkKind(found, definition)
  try {
    const { schema, custom } = definition
    const options = { fieldValidation, text, earlier }
    const { object, warnings } = custom
      ? decodeCustom(value, custom, options)
      : decodeObject<KubernetesObject>(value, { ...options, schema, registry: builtInSchema })
    for (const warning of warnings) kube.warn(warning)
    return complete(object, definition)
  } catch (error) {
    if (error instanceof DecodeError)
      throw refuse?.(error) ?? decodeFailure(error, { kind: definition.kind, found, body: text })
    throw error
  }
}

/** Names the object's kind, which a client may leave out, and fills in defaults. */
export function complete(object: KubernetesObject, definition: ResourceDefinition): KubernetesObject {
  object.kind = definition.kind
  object.apiVersion = apiVersionOf(definition)
  object.metadata ??= {} as KubernetesObject['metadata']
  definition.defaults?.(object)
  return object
}

const deleteOptions = { kind: 'DeleteOptions', schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' }

/** DeleteOptions in the body of a DELETE, of any group that ever had them. */
export function decodeDeleteOptions({ request }: ResourceRequest): DeleteOptions {
  const { value } = parseBody(
    { bytes: request.body as Buffer | undefined, contentType: request.headers['content-type'] },
    deleteOptions,
  )
  if (value.kind !== undefined && value.kind !== 'DeleteOptions')
    throw badRequest('decoded object cannot be converted to DeleteOptions')
  try {
    return decodeObject<DeleteOptions>(value, {
      schema: deleteOptions.schema,
      registry: builtInSchema,
      fieldValidation: 'Ignore',
    }).object
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message)
    throw error
  }
}

export function parseBody(
  { bytes, contentType }: { bytes: Buffer | undefined; contentType: string | undefined },
  expected: { kind: string; schema: string; custom?: unknown },
): Body {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const format = formats[type]
  if (!format || (format === 'protobuf' && expected.custom))
    throw unsupportedMediaType(expected.custom ? accepted.slice(0, 2) : accepted)
  const content = bytes ?? Buffer.alloc(0)
  let value: unknown
  let repeated: readonly string[] = []
  try {
    if (format === 'yaml') ({ value, repeated } = readYaml(content))
    else value = format === 'json' ? parseJson(content) : decodeProtobuf(content, expected)
  } catch (cause) {
    const { kind } = expected
    const message = format === 'json' ? "couldn't get version/kind; json parse error: " : ''
    throw decodeFailure(new Error(message + (cause as Error).message, { cause }), { kind, body: content })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw notAnObject(value, expected.kind, content)
  return { value: value as Record<string, unknown>, bytes: content, isJson: format === 'json', repeated }
}

const formats: Readonly<Record<string, 'json' | 'yaml' | 'protobuf' | undefined>> = {
  '': 'json',
  '*/*': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
}

/** What Go says of JSON that is no object at all. */
function notAnObject(value: unknown, kind: string, body: Buffer) {
  const type = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  const message = `couldn't get version/kind; json parse error: json: cannot unmarshal ${goType(value)} into Go value of type ${type}`
  return decodeFailure(new Error(message), { kind, body })
}

const goType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value

interface FoundKind {
  kind: string
  version: string
}

const kindOf = (value: Record<string, unknown>, definition: ResourceDefinition): FoundKind => ({
  kind: typeof value.kind === 'string' && value.kind ? value.kind : definition.kind,
  version: typeof value.apiVersion === 'string' && value.apiVersion ? value.apiVersion : apiVersionOf(definition),
})

function checkKind(found: FoundKind, definition: ResourceDefinition): void {
  const expected = apiVersionOf(definition)
  if (found.kind !== definition.kind) {
    const { version } = parseApiVersion(found.version)
    throw decodeFailure(
      new Error(
        `converting (${version}.${found.kind}) to (${definition.group || 'core'}.${definition.kind}): unknown conversion`,
      ),
      { kind: definition.kind, found },
    )
  }
  if (found.version !== expected)
    throw badRequest(
      `the API version in the data (${found.version}) does not match the expected API version (${expected})`,
    )
}

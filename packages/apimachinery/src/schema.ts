/**
 * The one description of types that decode, defaults by schema, patches, server-side apply, protobuf and OpenAPI share.
 * Built-in types come from the table in `@tandem/api`; custom resources are turned into the same form.
 */
export type TypeRef =
  | { kind: 'string' | 'boolean' | 'int32' | 'int64' | 'double' | 'bytes' }
  /** Strings or objects with a meaning of their own: `1Gi`, `80` or `http`, RFC 3339 times. */
  | { kind: 'quantity' | 'intOrString' | 'time' | 'microTime' | 'duration' }
  /** Any JSON, kept as it is: RawExtension, JSONSchemaProps' JSON, FieldsV1. */
  | { kind: 'any' | 'fieldsV1' | 'rawExtension' }
  | { kind: 'ref'; name: string }
  | { kind: 'list'; of: TypeRef }
  | { kind: 'map'; of: TypeRef }

export interface FieldSchema {
  /** The JSON name. */
  name: string
  type: TypeRef
  required: boolean
  /** The protobuf field number; absent in custom resources. */
  number?: number
  /** Protobuf numbers of the messages around it, outermost first, where JSON has them inlined: a probe's `exec` is 1 within 1. */
  within?: readonly number[]
  /** A pointer upstream: zero and absent differ. */
  pointer?: true
  /** An empty value (zero, "", [], {} but not a struct) is left out when it is no pointer. */
  omitEmpty?: true
  default?: unknown
  /** Strategic merge: the key that names an element, and whether lists merge or are replaced. */
  patchMergeKey?: string
  patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[]
  /** Server-side apply. */
  listType?: 'atomic' | 'set' | 'map'
  listMapKeys?: readonly string[]
  mapType?: 'atomic' | 'granular'
  structType?: 'atomic' | 'granular'
  enum?: readonly string[]
}

export interface TypeSchema {
  /** Upstream's OpenAPI name: `io.k8s.api.core.v1.Pod`. */
  name: string
  fields: ReadonlyMap<string, FieldSchema>
  /** A whole type that is owned at once: `LabelSelector`, `SecretKeySelector`. */
  structType?: 'atomic' | 'granular'
  /** Fields that the table does not list are kept and not warned of (x-kubernetes-preserve-unknown-fields). */
  preserveUnknownFields?: boolean
  /** Of a custom resource: values stay as they came, because the resource's own schema checks them after decoding. */
  custom?: true
}

export interface SchemaRegistry {
  /** Throws when there is no such type: names come from definitions, not from input. */
  type(name: string): TypeSchema
}

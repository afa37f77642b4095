import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GoField, type GoFile, type GoType, parseGo, tagValue } from './go-types.ts'
import { packages, type SourcePackage } from './packages.ts'

/** A type as the table writes it: `string`, `[]T`, `{}T`, or a full OpenAPI name. */
export interface Field {
  name: string
  type: string
  required: boolean
  pointer: boolean
  omitEmpty: boolean
  number?: number
  within?: number[]
  /** The Go name of an enumeration, for TypeScript. */
  enumName?: string
  extras: Record<string, unknown>
}

export interface Model {
  name: string
  package: SourcePackage
  kind: string
  fields: Field[]
  structType?: string
  /** Has TypeMeta: stands alone on the wire. */
  topLevel: boolean
}

/** Types whose JSON is not their structure. */
const special: Record<string, string> = {
  'k8s.io/apimachinery/pkg/apis/meta/v1.Time': 'time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime': 'microTime',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Duration': 'duration',
  'k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1': 'fieldsV1',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'intOrString',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'rawExtension',
  'k8s.io/apimachinery/pkg/runtime.Object': 'any',
  'k8s.io/apimachinery/pkg/types.UID': 'string',
  'k8s.io/apimachinery/pkg/types.NodeName': 'string',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON': 'any',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray': 'any',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool': 'any',
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray': 'any',
}
const scalars: Record<string, string> = {
  string: 'string',
  bool: 'boolean',
  int: 'int64',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
  'interface{}': 'any',
}

interface Source {
  package: SourcePackage
  file: GoFile
  type: GoType
}

/** Reads Go packages below some roots into models named as upstream's OpenAPI names them. */
export class ModelReader {
  readonly enums = new Map<string, readonly string[]>()
  readonly #sources = new Map<string, Source>()

  constructor(roots: readonly string[]) {
    for (const source of packages) {
      const folder = roots.map((root) => join(root, source.path.replace(/^k8s\.io\//, ''))).find(existsSync)
      if (!folder) throw new Error(`no source of ${source.path} in ${roots.join(', ')}`)
      const constants = new Map<string, string[]>()
      for (const name of source.files ?? ['types.go']) {
        const file = parseGo(readFileSync(join(folder, name), 'utf8'))
        for (const type of file.types) this.#sources.set(`${source.path}.${type.name}`, { package: source, file, type })
        for (const [type, values] of file.constants) constants.set(type, values)
      }
      for (const [type, values] of constants) this.enums.set(`${source.path}.${type}`, values)
    }
  }

  models(): Model[] {
    const models: Model[] = []
    for (const [id, source] of this.#sources) {
      if (source.type.alias || special[id] || source.package.onlyReferenced) continue
      const struct = this.#struct(source)
      if (!struct) continue
      const fields = this.#fields(struct)
      if (fields.length === 0 && !/json:/.test(JSON.stringify(struct.type.fields)) && source.type.fields?.length)
        continue
      models.push({
        name: `${source.package.openapi}.${source.type.name}`,
        package: source.package,
        kind: source.type.name,
        fields,
        topLevel: (struct.type.fields ?? []).some((f) => !f.name && /(^|\.)TypeMeta$/.test(f.type)),
        ...structTypeOf(source.type.markers),
      })
    }
    return models.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The struct behind a type: its own, or that of the type it is defined as. */
  #struct(source: Source): Source | undefined {
    if (source.type.fields) return source
    const target = this.#lookup(source, source.type.underlying ?? '')
    return target && this.#struct(target)
  }

  #id(source: Source, name: string): string {
    const [qualifier, local] = name.split('.') as [string, string?]
    return local === undefined ? `${source.package.path}.${name}` : `${source.file.imports.get(qualifier)}.${local}`
  }

  #lookup(source: Source, name: string): Source | undefined {
    return this.#sources.get(this.#id(source, name))
  }

  #fields(source: Source, within: number[] = []): Field[] {
    return (source.type.fields ?? []).flatMap((field) => {
      const json = tagValue(field.tag, 'json')
      if (json === undefined || json === '-') return []
      const [name, ...options] = json.split(',')
      const proto = tagValue(field.tag, 'protobuf')?.split(',')[1]
      const number = proto === undefined ? undefined : Number(proto)
      if (!name) {
        const embedded = this.#lookup(source, field.type.replace(/^\*/, ''))
        if (!embedded) throw new Error(`${source.type.name} embeds an unknown ${field.type}`)
        const fields = this.#fields(
          this.#struct(embedded) ?? embedded,
          number === undefined ? within : [...within, number],
        )
        // TypeMeta has no place in the message: the envelope around it says what an object is.
        return number === undefined ? fields.map(({ number: _, ...field }) => field) : fields
      }
      return [this.#field({ source, field, name, options, number, within })]
    })
  }

  #field(from: {
    source: Source
    field: GoField
    name: string
    options: string[]
    number: number | undefined
    within: number[]
  }): Field {
    const { source, field, name, options, number, within } = from
    const omitEmpty = options.includes('omitempty') || options.includes('omitzero')
    const optional = field.markers.some((m) => /^\+(k8s:)?optional$/.test(m)) || omitEmpty
    const enumName = this.#enumName(source, field.type)
    const found: Field = {
      name,
      type: this.#type(source, field.type),
      required: field.markers.some((m) => /^\+(k8s:)?required$/.test(m)) || !optional,
      pointer: field.type.startsWith('*'),
      omitEmpty,
      extras: extrasOf(field),
    }
    // A list that may be nil is a message of its own around the list.
    const nullable = this.#lookup(source, field.type)?.type.markers.includes('+protobuf.nullable=true')
    const around = nullable && number !== undefined ? [...within, number] : within
    if (number !== undefined) found.number = nullable ? 1 : number
    if (around.length > 0) found.within = around
    if (enumName) {
      found.enumName = enumName
      found.extras.enum = [...(this.enums.get(enumName) ?? [])].sort()
    }
    return found
  }

  #enumName(source: Source, type: string): string | undefined {
    const bare = type.replace(/^(\*|\[\])/, '')
    const target = this.#lookup(source, bare)
    if (!target || target.type.underlying === undefined) return undefined
    if (target.type.alias) return this.#enumName(target, target.type.underlying)
    if (target.type.underlying !== 'string') return undefined
    return target.type.markers.includes('+enum') ? this.#id(source, bare) : undefined
  }

  #type(source: Source, type: string): string {
    if (type.startsWith('*')) return this.#type(source, type.slice(1))
    if (type === '[]byte') return 'bytes'
    if (type.startsWith('[]')) return `[]${this.#type(source, type.slice(2))}`
    const map = /^map\[[\w.]+\](.+)$/.exec(type)
    if (map?.[1]) return `{}${this.#type(source, map[1])}`
    const scalar = scalars[type]
    if (scalar) return scalar
    const id = this.#id(source, type)
    if (special[id]) return special[id]
    const target = this.#sources.get(id)
    if (!target) throw new Error(`${source.type.name} refers to an unknown ${id}`)
    if (target.type.underlying !== undefined) {
      if (!target.type.alias && this.#struct(target)) return `${target.package.openapi}.${target.type.name}`
      return this.#type(target, target.type.underlying)
    }
    return `${target.package.openapi}.${target.type.name}`
  }
}

const values = (markers: readonly string[], key: string): string[] =>
  markers.filter((m) => m.startsWith(`+${key}=`)).map((m) => m.slice(key.length + 2))

const structTypeOf = (markers: readonly string[]): { structType?: string } => {
  const [structType] = values(markers, 'structType')
  return structType ? { structType } : {}
}

function extrasOf({ markers, tag }: GoField): Record<string, unknown> {
  const extras: Record<string, unknown> = {}
  const strategy = tagValue(tag, 'patchStrategy') ?? values(markers, 'patchStrategy')[0]
  const mergeKey = tagValue(tag, 'patchMergeKey') ?? values(markers, 'patchMergeKey')[0]
  if (mergeKey) extras.patchMergeKey = mergeKey
  if (strategy) extras.patchStrategy = strategy.split(',')
  for (const key of ['listType', 'mapType', 'structType']) {
    const [value] = values(markers, key)
    if (value) extras[key] = value
  }
  const keys = values(markers, 'listMapKey')
  if (keys.length > 0) extras.listMapKeys = keys
  const [fallback] = values(markers, 'default')
  if (fallback?.startsWith('ref(') === false) extras.default = JSON.parse(fallback.replace(/^`(.*)`$/, '$1'))
  return extras
}

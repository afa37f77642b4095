import { builtInSchema } from '@tandem/api'
import {
  additionalOf,
  describesOthers,
  itemsOf,
  propertiesOf,
  type Schema,
} from '@tandem/api/apiextensions/v1/json-schema'
import type { FieldSchema, SchemaRegistry, TypeRef, TypeSchema } from '@tandem/apimachinery'
import { anything } from '@tandem/apimachinery/patch/apply/structure'

const objectMeta: TypeRef = { kind: 'ref', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
const string: TypeRef = { kind: 'string' }

/** The types of one version of a custom resource, as patches and owners of fields know types, beside the built-in ones. */
export class CustomTypes implements SchemaRegistry {
  readonly #types = new Map<string, TypeSchema>()

  constructor(name: string, schema: Schema) {
    this.#add(name, { ...schema, 'x-kubernetes-embedded-resource': true })
  }

  type(name: string): TypeSchema {
    return this.#types.get(name) ?? builtInSchema.type(name)
  }

  #add(name: string, schema: Schema): void {
    const fields = new Map<string, FieldSchema>()
    for (const [key, property] of propertiesOf(schema))
      fields.set(key, this.#field(`${name}.${key}`, key, property, schema.required?.includes(key) ?? false))
    if (schema['x-kubernetes-embedded-resource']) {
      for (const key of ['apiVersion', 'kind']) fields.set(key, { name: key, type: string, required: false })
      fields.set('metadata', { name: 'metadata', type: objectMeta, required: false })
    }
    this.#types.set(name, {
      name,
      fields,
      custom: true,
      ...(schema['x-kubernetes-map-type'] === 'atomic' && { structType: 'atomic' }),
      ...(schema['x-kubernetes-preserve-unknown-fields'] && { preserveUnknownFields: true }),
    })
  }

  #field(path: string, name: string, schema: Schema, required: boolean): FieldSchema {
    const listType = schema['x-kubernetes-list-type']
    const type = this.#type(path, schema)
    return {
      name,
      type,
      required,
      ...(schema.default !== undefined && { default: schema.default }),
      ...(type.kind === 'list' && (listType === 'set' || listType === 'map') && { listType }),
      ...(listType === 'map' && { listMapKeys: schema['x-kubernetes-list-map-keys'] ?? [] }),
      ...(schema['x-kubernetes-map-type'] === 'atomic' && { mapType: 'atomic' }),
    }
  }

  #type(path: string, schema: Schema): TypeRef {
    if (schema['x-kubernetes-int-or-string']) return { kind: 'intOrString' }
    const items = itemsOf(schema)
    const additional = additionalOf(schema)
    switch (schema.type) {
      case 'string':
        return string
      case 'boolean':
        return { kind: 'boolean' }
      case 'integer':
        return { kind: 'int64' }
      case 'number':
        return { kind: 'double' }
      case 'array':
        return { kind: 'list', of: items ? this.#type(`${path}[]`, items) : anything }
      case 'object':
        if (additional && !schema.properties) return { kind: 'map', of: this.#type(`${path}{}`, additional) }
        if (describesOthers(schema) && !schema.properties) return { kind: 'map', of: anything }
        this.#add(path, schema)
        return { kind: 'ref', name: path }
      default:
        return anything
    }
  }
}

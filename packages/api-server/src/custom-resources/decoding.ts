import { decodeMetadata, withDecodedMetadata } from '@tandem/api/apiextensions/v1/embedded-resources'
import type { Schema } from '@tandem/api/apiextensions/v1/json-schema'
import { defaulted, withoutNulls } from '@tandem/api/apiextensions/v1/schema-defaulting'
import { prunedResource } from '@tandem/api/apiextensions/v1/schema-pruning'
import type { CustomType, KubernetesObject } from '@tandem/apimachinery'

type Json = Record<string, unknown>

/** How objects come in, and how they are read again when their schema may have changed since. */
export const decoding = (schema: Schema): Pick<CustomType, 'decode' | 'fromStored'> => ({
  decode(value) {
    const unknown: string[] = []
    const metadata = decodeMetadata(value.metadata ?? {}, unknown)
    const pruned = prunedResource(value, schema, unknown)
    const bare = withDecodedMetadata(withoutNulls(pruned, schema), schema, unknown) as Json
    return { object: withMetadata(defaulted(bare, schema) as Json, metadata), unknown }
  },
  fromStored(stored) {
    const bare = withoutNulls(prunedResource(stored as unknown as Json, schema), schema)
    const object = defaulted(bare, schema) as KubernetesObject
    const { metadata } = object
    return metadata.generation ? object : { ...object, metadata: { ...metadata, generation: 1 } }
  },
})

const withMetadata = (object: Json, metadata: KubernetesObject['metadata']): KubernetesObject =>
  ({ ...object, metadata }) as KubernetesObject

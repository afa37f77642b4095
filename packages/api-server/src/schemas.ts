import { builtInSchema } from '@tandem/api'
import type { ResourceDefinition, SchemaRegistry } from '@tandem/apimachinery'

/** Where the types of a kind are described. */
export const schemasOf = ({ custom }: Pick<ResourceDefinition, 'custom'>): SchemaRegistry =>
  custom?.registry ?? builtInSchema

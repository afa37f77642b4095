export * from './field-error.ts'
export * from './meta.ts'
export * from './resource-definition.ts'
export * from './schema.ts'

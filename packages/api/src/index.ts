export { definitions } from './registry.generated.ts'
export { builtInSchema } from './schema/schema.ts'

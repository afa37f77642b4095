import type { FieldError, KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'

/** Metadata as the store fills it in before it asks a definition. */
const metadata = {
  name: 'web',
  namespace: 'default',
  uid: 'f3c1a5de-2f3a-4a57-9b8a-0c7f6d1b2e3f',
  resourceVersion: '1',
  creationTimestamp: '2026-01-02T03:04:05Z',
}

type Draft = { [field: string]: unknown; metadata?: object }

/** An object as it is after defaults and preparation for its creation. */
export function created<T extends KubernetesObject>(definition: ResourceDefinition<T>, draft: Draft): T {
  const object = filled<T>(draft)
  definition.defaults?.(object)
  definition.prepareForCreate?.(object)
  return object
}

const filled = <T extends KubernetesObject>(draft: Draft): T =>
  structuredClone({ ...draft, metadata: { ...metadata, ...draft.metadata } }) as unknown as T

const lines = (errors: readonly FieldError[] | undefined): string[] =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`)

/** What is said against a new object. */
export const faults = <T extends KubernetesObject>(definition: ResourceDefinition<T>, draft: Draft): string[] =>
  lines(definition.validate?.(created(definition, draft)))

/** What is said against an update of an object that was good. */
export function updateFaults<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { from, to }: { from: Draft; to: Draft },
): string[] {
  const old = created(definition, from)
  const object = filled<T>(to)
  definition.defaults?.(object)
  definition.prepareForUpdate?.(object, old)
  return lines(definition.validateUpdate?.(object, old))
}

export function statusFaults<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { spec, from, to }: { spec: Draft; from: object; to: object },
): string[] {
  const old = { ...created(definition, spec), status: from }
  const object = { ...created(definition, spec), status: to }
  return lines(definition.validateStatusUpdate?.(object, old))
}

/** One object's row of the table, by column. */
export const row = <T extends KubernetesObject>(definition: ResourceDefinition<T>, object: T, now: number): object =>
  Object.fromEntries((definition.columns ?? []).map((column) => [column.name, column.value(object, now)]))

/** A pod template that is good, with a label that `selector` matches. */
export const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
}
export const selector = { matchLabels: { app: 'web' } }
export const noon = Date.parse('2026-01-02T03:14:05Z')

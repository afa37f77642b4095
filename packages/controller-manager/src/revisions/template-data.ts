import type { Container, PodTemplateSpec } from '@tandem/api/core/v1/types'

/**
 * What a revision keeps: a patch that brings a template back as a whole. Clients compare it byte for byte with what they make of the
 * template themselves, so it is written as they write it: fields in order, and those that they never leave out.
 */
export const dataOf = (template: PodTemplateSpec): { spec: { template: object } } =>
  inOrder({ spec: { template: { ...written(template), $patch: 'replace' } } })

function written({ metadata, spec, ...rest }: PodTemplateSpec): object {
  const withResources = (containers: readonly Container[] | undefined) =>
    containers?.map((container) => ({ resources: {}, ...container }))
  return {
    ...rest,
    metadata: metadata ?? {},
    spec: {
      ...spec,
      containers: withResources(spec?.containers) ?? null,
      ...(spec?.initContainers && { initContainers: withResources(spec.initContainers) }),
    },
  }
}

function inOrder<T>(value: T): T {
  if (Array.isArray(value)) return value.map(inOrder) as T
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)])) as T
}

import { ageOf } from './human-duration.ts'
import type { KubernetesObject } from './meta.ts'
import type { Column } from './resource-definition.ts'

/** The two columns that nearly every resource's table begins and ends with. */
export const nameColumn: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique within its namespace (or within the cluster).',
  value: (object) => object.metadata.name,
}

export const ageColumn: Column<KubernetesObject> = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
}

/** Labels as kubectl prints them in a cell: `a=b,c=d` in order of keys, `<none>` when there are none. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',')
}

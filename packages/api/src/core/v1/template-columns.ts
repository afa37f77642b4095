import type { Column } from '@tandem/apimachinery'
import type { PodTemplateSpec } from './types.ts'

/** Names and images of a template's containers: shown with `-o wide`, where `priority` is 1. */
export const containerColumns = <T>(
  template: (object: T) => PodTemplateSpec | undefined,
  priority: 0 | 1,
): Column<T>[] => {
  const list = (object: T, part: (container: { name: string; image?: string }) => string): string =>
    (template(object)?.spec?.containers ?? []).map(part).join(',')
  return [
    {
      name: 'Containers',
      type: 'string',
      priority,
      description: 'Names of each container in the template.',
      value: (object) => list(object, ({ name }) => name),
    },
    {
      name: 'Images',
      type: 'string',
      priority,
      description: 'Images referenced by each container in the template.',
      value: (object) => list(object, ({ image = '' }) => image),
    },
  ]
}

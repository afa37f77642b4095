import { type Column, printLabelSelector } from '@tandem/apimachinery'
import type { PodTemplateSpec } from '../../core/v1/types.ts'
import type { LabelSelector } from '../../meta/v1/types.ts'

/** What `-o wide` shows of a pod template. */
export const containerColumns = <T>(template: (object: T) => PodTemplateSpec): Column<T>[] => [
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    description: 'Names of each container in the template.',
    value: (object) => list(template(object), ({ name }) => name),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    description: 'Images referenced by each container in the template.',
    value: (object) => list(template(object), ({ image = '' }) => image),
  },
]

const list = ({ spec }: PodTemplateSpec, part: (container: { name: string; image?: string }) => string): string =>
  (spec?.containers ?? []).map(part).join(',')

export const selectorColumn = <T>(selector: (object: T) => LabelSelector | undefined): Column<T> => ({
  name: 'Selector',
  type: 'string',
  priority: 1,
  description: 'Label selector of the pods.',
  value: (object) => printLabelSelector(selector(object)) || '<none>',
})

import type { Column } from '@tandem/apimachinery'
import { formatLabelSelector } from '../../meta/v1/label-selector.ts'
import type { LabelSelector } from '../../meta/v1/types.ts'

/** Which pods are a workload's, with `-o wide`. */
export const selectorColumn = <T>(selector: (object: T) => LabelSelector | undefined): Column<T> => ({
  name: 'Selector',
  type: 'string',
  priority: 1,
  description: 'Label selector of the pods.',
  value: (object) => formatLabelSelector(selector(object)),
})

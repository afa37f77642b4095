import {
  duplicate,
  type FieldError,
  nameIsDnsLabel,
  type ResourceDefinition,
  required,
  validateLabels,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, invalidEach } from '../../core/v1/field-checks.ts'
import { validateTolerations } from '../../core/v1/pod-spec/affinity.ts'
import { validateOverhead } from '../../core/v1/pod-spec/resources.ts'
import { matchToleration } from '../../core/v1/toleration.ts'
import type { Toleration } from '../../core/v1/types.ts'
import type { RuntimeClass } from './types.ts'

const validateHandler = (handler: string | undefined): FieldError[] =>
  handler ? invalidEach('handler', handler, nameIsDnsLabel(handler, false)) : [required('handler')]

const validateDistinct = (field: string, tolerations: readonly Toleration[]): FieldError[] =>
  tolerations.flatMap((toleration, index) =>
    tolerations.slice(0, index).some((other) => matchToleration(other, toleration))
      ? [duplicate(`${field}[${index}]`, toleration)]
      : [],
  )

const validate = ({ handler, overhead, scheduling }: RuntimeClass): FieldError[] => [
  ...validateHandler(handler),
  ...validateOverhead('overhead', overhead?.podFixed),
  ...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
  ...validateTolerations('scheduling.tolerations', scheduling?.tolerations),
  ...validateDistinct('scheduling.tolerations', scheduling?.tolerations ?? []),
]

export const runtimeClasses: ResourceDefinition<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'Cluster',
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate,
  validateUpdate: (runtimeClass, old) => [
    ...validate(runtimeClass),
    ...immutable('handler', runtimeClass.handler, old.handler),
  ],
  columns: [
    nameColumn,
    { name: 'Handler', type: 'string', description: 'What runs its containers.', value: ({ handler }) => handler },
    ageColumn,
  ],
}

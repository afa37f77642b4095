import { embeddedFaults } from '@tandem/api/apiextensions/v1/embedded-resources'
import { propertyOf, type Schema } from '@tandem/api/apiextensions/v1/json-schema'
import { listFaults } from '@tandem/api/apiextensions/v1/list-invariants'
import { ruleFaultsUnless } from '@tandem/api/apiextensions/v1/rule-faults'
import { type Before, validateValue } from '@tandem/api/apiextensions/v1/schema-values'
import {
  type FieldError,
  type KubernetesObject,
  nameIsDnsSubdomain,
  type ResourceDefinition,
  type ScaleSubresource,
} from '@tandem/apimachinery'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { scaleSpecFaults, scaleStatusFaults } from './scale-faults.ts'

type Rules = Required<
  Pick<ResourceDefinition, 'validateName' | 'validate' | 'validateUpdate' | 'validateStatusUpdate' | 'warnings'>
>

/** What the objects of one version have to be like, by its schema. */
export function validation(schema: Schema, scale: ScaleSubresource | undefined): Rules {
  const statusSchema = propertyOf(schema, 'status')
  const withRules = (faults: FieldError[], object: KubernetesObject, old?: KubernetesObject): FieldError[] => [
    ...faults,
    ...ruleFaultsUnless(faults, object, schema, old && { value: old }),
  ]
  return {
    validateName: nameIsDnsSubdomain,
    validate: (object) =>
      withRules(
        [
          ...validateValue({ field: '', name: '' }, object, schema),
          ...scaleSpecFaults(object, scale),
          ...scaleStatusFaults(object, scale),
          ...embeddedFaults(object, schema),
          ...listFaults(object, schema),
        ],
        object,
      ),
    validateUpdate: (object, old) =>
      withRules(
        [
          ...validateValue({ field: '', name: '' }, object, schema, { value: old }),
          ...scaleSpecFaults(object, scale),
          ...scaleStatusFaults(object, scale),
          ...embeddedFaults(object, schema),
          ...newListFaults(object, old, schema),
        ],
        object,
        old,
      ),
    validateStatusUpdate: (object, old) =>
      withRules(
        [
          ...statusFaults(object, old, statusSchema),
          ...scaleStatusFaults(object, scale),
          ...newListFaults(object, old, schema),
        ],
        object,
        old,
      ),
    warnings: finalizerWarnings,
  }
}

const statusOf = (object: KubernetesObject): unknown => (object as { status?: unknown }).status

function statusFaults(object: KubernetesObject, old: KubernetesObject, schema: Schema | undefined): FieldError[] {
  const status = statusOf(object)
  if (status === undefined || !schema) return []
  const before: Before = statusOf(old) === undefined ? undefined : { value: statusOf(old) }
  return validateValue({ field: 'status', name: '' }, status, schema, before)
}

/** Lists that repeated something before may go on doing so. */
const newListFaults = (object: KubernetesObject, old: KubernetesObject, schema: Schema): FieldError[] => {
  const faults = listFaults(object, schema)
  return faults.length > 0 && listFaults(old, schema).length === 0 ? faults : []
}

import { type FieldError, forbiddenField, type ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, oneOf } from '../../core/v1/field-checks.ts'
import type { PriorityClass } from './types.ts'

export const highestUserDefinablePriority = 1_000_000_000
const systemPrefix = 'system-'

/** The classes that every cluster has, for pods without which it, or a node, cannot live. */
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2 * highestUserDefinablePriority,
  'system-node-critical': 2 * highestUserDefinablePriority + 1000,
}

/** What speaks against a class with the system's prefix. */
function systemFault({ metadata: { name }, value, globalDefault = false }: PriorityClass): string | undefined {
  const known = systemPriorities[name]
  if (known === undefined) return `${name} is not a known system priority class`
  if ((value ?? 0) !== known) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function validateValue(priorityClass: PriorityClass): FieldError[] {
  if (!priorityClass.metadata.name.startsWith(systemPrefix))
    return (priorityClass.value ?? 0) > highestUserDefinablePriority
      ? [forbiddenField('value', `maximum allowed value of a user defined priority is ${highestUserDefinablePriority}`)]
      : []
  const fault = systemFault(priorityClass)
  if (!fault) return []
  const message = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${fault}`
  return [forbiddenField('metadata.name', message)]
}

export const priorityClasses: ResourceDefinition<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'Cluster',
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  defaults: (priorityClass) => {
    priorityClass.value ??= 0
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1
  },
  validate: (priorityClass) => [
    ...validateValue(priorityClass),
    ...oneOf('preemptionPolicy', priorityClass.preemptionPolicy, ['PreemptLowerPriority', 'Never']),
  ],
  validateUpdate: (priorityClass, old) => [
    ...(priorityClass.value === old.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', priorityClass.preemptionPolicy, old.preemptionPolicy),
  ],
  columns: [
    nameColumn,
    { name: 'Value', type: 'integer', description: 'The priority of its pods.', value: ({ value }) => value ?? 0 },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods without a class have this one.',
      value: ({ globalDefault = false }) => globalDefault,
    },
    ageColumn,
    {
      name: 'PreemptionPolicy',
      type: 'string',
      description: 'Whether its pods may take the place of others.',
      value: ({ preemptionPolicy = '' }) => preemptionPolicy,
    },
  ],
}

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { exemptName, mandatoryPriorityLevels } from './mandatory.ts'
import { validateStatusConditions } from './status-conditions.ts'
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from './types.ts'

const defaultShares = 30
const defaultQueuing = { handSize: 8, queues: 64, queueLengthLimit: 50 }
const mostQueues = 10_000_000
/** Of a flow's hash, what dealing a hand may use up: with more the last card would be dealt unevenly. */
const mostEntropyBits = 60

function setDefaults({ spec }: PriorityLevelConfiguration): void {
  const { exempt, limited } = spec
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0
    exempt.lendablePercent ??= 0
  }
  if (!limited) return
  limited.nominalConcurrencyShares ??= defaultShares
  limited.lendablePercent ??= 0
  const queuing = limited.limitResponse?.queuing
  if (!queuing) return
  // 0 counts as not given.
  queuing.handSize ||= defaultQueuing.handSize
  queuing.queues ||= defaultQueuing.queues
  queuing.queueLengthLimit ||= defaultQueuing.queueLengthLimit
}

function validateShares(
  field: string,
  { nominalConcurrencyShares: shares = 0 }: ExemptPriorityLevelConfiguration,
): FieldError[] {
  return shares < 0 ? [invalidValue(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : []
}

function validateLendable(
  field: string,
  { lendablePercent: lendable = 0 }: ExemptPriorityLevelConfiguration,
): FieldError[] {
  const good = lendable >= 0 && lendable <= 100
  return good ? [] : [invalidValue(`${field}.lendablePercent`, lendable, 'must be between 0 and 100, inclusive')]
}

function validateLimited(limited: LimitedPriorityLevelConfiguration): FieldError[] {
  const field = 'spec.limited'
  const { borrowingLimitPercent: borrowing = 0 } = limited
  return [
    ...validateShares(field, limited),
    ...validateLimitResponse(`${field}.limitResponse`, limited.limitResponse),
    ...validateLendable(field, limited),
    ...(borrowing < 0
      ? [invalidValue(`${field}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer')]
      : []),
  ]
}

function validateLimitResponse(field: string, response: LimitResponse | undefined): FieldError[] {
  const { type = '', queuing } = response ?? {}
  if (type !== 'Queue' && type !== 'Reject') return [notSupported(`${field}.type`, type, ['Queue', 'Reject'])]
  const at = `${field}.queuing`
  if (type === 'Reject')
    return queuing ? [forbiddenField(at, 'must be nil if limited.limitResponse.type is not Limited')] : []
  return queuing
    ? validateQueuing(at, queuing)
    : [required(at, 'must not be empty if limited.limitResponse.type is Limited')]
}

function validateQueuing(field: string, configuration: QueuingConfiguration): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = configuration
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0)
    errors.push(invalidValue(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalidValue(`${field}.queues`, queues, 'must be positive'))
  if (queues > mostQueues)
    errors.push(invalidValue(`${field}.queues`, queues, `must not be greater than ${mostQueues}`))
  const fault = faultOfHand(queues, handSize)
  return fault ? [...errors, invalidValue(`${field}.handSize`, handSize, fault)] : errors
}

function faultOfHand(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return 'must be positive'
  if (handSize > queues) return `should not be greater than queues (${queues})`
  return Math.ceil(Math.log2(queues) * handSize) > mostEntropyBits
    ? `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostEntropyBits}`
    : undefined
}

function validateType(name: string, { type = '', limited, exempt }: PriorityLevelConfigurationSpec): FieldError[] {
  const errors: FieldError[] = []
  if ((name === exemptName) !== (type === 'Exempt'))
    errors.push(invalidValue('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"))
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'))
    if (exempt) errors.push(...validateShares('spec.exempt', exempt), ...validateLendable('spec.exempt', exempt))
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'))
    errors.push(
      ...(limited ? validateLimited(limited) : [required('spec.limited', 'must not be empty when type is Limited')]),
    )
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']))
  return errors
}

/** The mandatory levels are as they are; of `exempt` the shares may be changed. */
function validateMandatory(name: string, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const fixed = Object.hasOwn(mandatoryPriorityLevels, name) ? mandatoryPriorityLevels[name] : undefined
  if (!fixed) return []
  if (name === exemptName)
    return semanticallyEqual({ ...spec, exempt: fixed.exempt }, fixed)
      ? []
      : [invalidValue('spec', spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`)]
  return semanticallyEqual(spec, fixed)
    ? []
    : [invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`)]
}

const validate = ({ metadata: { name }, spec, status }: PriorityLevelConfiguration): FieldError[] => [
  ...validateType(name, spec),
  ...validateMandatory(name, spec),
  ...validateStatusConditions(status?.conditions),
]

const queuingColumn = (name: string, description: string, field: keyof QueuingConfiguration) => ({
  name,
  type: 'string' as const,
  description,
  value: ({ spec }: PriorityLevelConfiguration) => spec.limited?.limitResponse?.queuing?.[field] ?? '<none>',
})

export const priorityLevelConfigurations: ResourceDefinition<PriorityLevelConfiguration> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope: 'Cluster',
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  hasGeneration: true,
  subresources: { status: true },
  defaults: (level) => {
    level.spec ??= { type: '' }
    setDefaults(level)
  },
  prepareForCreate: (level) => {
    level.status = {}
  },
  validate,
  validateUpdate: validate,
  validateStatusUpdate: ({ status }) => validateStatusConditions(status?.conditions),
  columns: [
    nameColumn,
    {
      name: 'Type',
      type: 'string',
      description: 'Whether its requests are limited.',
      value: ({ spec }) => spec.type,
    },
    {
      name: 'NominalConcurrencyShares',
      type: 'string',
      description: "Its part of the server's seats, in proportion to the other levels' shares.",
      value: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? '<none>',
    },
    queuingColumn('Queues', 'How many queues it has.', 'queues'),
    queuingColumn('HandSize', 'How many queues a flow is dealt.', 'handSize'),
    queuingColumn('QueueLengthLimit', 'How many requests may wait in one queue.', 'queueLengthLimit'),
    ageColumn,
  ],
}

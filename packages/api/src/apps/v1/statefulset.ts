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
import { nameIsDnsLabel } from '@tandem/apimachinery/names'
import { dns1123Label, nonNegative } from '../../core/v1/field-checks.ts'
import { validateClaimSpec } from '../../core/v1/persistentvolumeclaim.ts'
import { validatePodTemplateSpec } from '../../core/v1/pod-template.ts'
import { containerColumns } from '../../core/v1/template-columns.ts'
import type { PodTemplateSpec, Volume } from '../../core/v1/types.ts'
import {
  intOrPercentValue,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from '../../meta/v1/int-or-percent.ts'
import { isUsableSelector } from '../../meta/v1/label-selector.ts'
import { shownStrategy } from './shown-strategy.ts'
import { validateCollisionCount, validateCounts, validateParts } from './status-rules.ts'
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetStatus,
  StatefulSetUpdateStrategy,
} from './types.ts'
import {
  defaultTemplate,
  validateRunsForever,
  validateSelectorMatchesTemplate,
  validateWorkloadSelector,
} from './workload-template.ts'
import { warnOfTemplate } from './workload-warnings.ts'

function defaultUpdateStrategy(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {}
  const strategy = spec.updateStrategy
  if (!strategy.type) {
    strategy.type = 'RollingUpdate'
    strategy.rollingUpdate ??= {}
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
}

function defaults(statefulSet: StatefulSet): void {
  statefulSet.spec ??= {} as StatefulSetSpec
  const { spec } = statefulSet
  spec.podManagementPolicy ||= 'OrderedReady'
  defaultUpdateStrategy(spec)
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain'
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    claim.spec ??= {}
    claim.spec.volumeMode ??= 'Filesystem'
    claim.status ??= {}
    claim.status.phase ??= 'Pending'
  }
  defaultTemplate(spec)
}

function validateRollingUpdate(field: string, update: RollingUpdateStatefulSetStrategy): FieldError[] {
  const errors = nonNegative(`${field}.partition`, update.partition)
  const { maxUnavailable } = update
  if (maxUnavailable === undefined) return errors
  const at = `${field}.maxUnavailable`
  errors.push(...validatePositiveIntOrPercent(at, maxUnavailable))
  if (intOrPercentValue(maxUnavailable) === 0) errors.push(invalidValue(at, maxUnavailable, 'cannot be 0'))
  return [...errors, ...validateNotMoreThan100Percent(at, maxUnavailable)]
}

function validateUpdateStrategy(field: string, strategy: StatefulSetUpdateStrategy = {}): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (!type) return [required(field)]
  if (type === 'RollingUpdate')
    return rollingUpdate ? validateRollingUpdate(`${field}.rollingUpdate`, rollingUpdate) : []
  if (type !== 'OnDelete')
    return [invalidValue(field, shownStrategy(strategy), "must be 'RollingUpdate' or 'OnDelete'")]
  if (!rollingUpdate) return []
  return [invalidValue(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
}

function validateRetentionPolicy(
  field: string,
  policy: StatefulSetPersistentVolumeClaimRetentionPolicy = {},
): FieldError[] {
  const known = ['Retain', 'Delete']
  return (['whenDeleted', 'whenScaled'] as const).flatMap((when) => {
    const value = policy[when] ?? ''
    return known.includes(value) ? [] : [notSupported(`${field}.${when}`, value, known)]
  })
}

function validatePodManagementPolicy(policy: string | undefined): FieldError[] {
  const field = 'spec.podManagementPolicy'
  if (!policy) return [required(field)]
  if (policy === 'OrderedReady' || policy === 'Parallel') return []
  return [invalidValue(field, policy, "must be 'OrderedReady' or 'Parallel'")]
}

/** The template as its pods will have it: with the claims' volumes, and without what the controller sets. */
function templateOfPods({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const claims: Volume[] = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }))
  const { subdomain, hostname, volumes = [], ...spec } = template.spec ?? { containers: [] }
  const others = volumes.filter(({ name }) => !claims.some((claim) => claim.name === name))
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } }
}

function validateTemplate(spec: StatefulSetSpec): FieldError[] {
  const field = 'spec.template'
  const errors = isUsableSelector(spec.selector)
    ? [...validateSelectorMatchesTemplate(field, spec), ...validatePodTemplateSpec(field, templateOfPods(spec))]
    : [invalidValue('spec.selector', spec.selector, '')]
  return [...errors, ...validateRunsForever(field, spec.template, 'StatefulSet')]
}

function validateSpec(spec: StatefulSetSpec): FieldError[] {
  return [
    ...validatePodManagementPolicy(spec.podManagementPolicy),
    ...validateUpdateStrategy('spec.updateStrategy', spec.updateStrategy),
    ...validateRetentionPolicy('spec.persistentVolumeClaimRetentionPolicy', spec.persistentVolumeClaimRetentionPolicy),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...validateWorkloadSelector('spec.selector', spec.selector, 'statefulset'),
    ...validateTemplate(spec),
  ]
}

const validateClaims = ({ volumeClaimTemplates = [] }: StatefulSetSpec): FieldError[] =>
  volumeClaimTemplates.flatMap(({ spec }, index) => validateClaimSpec(`spec.volumeClaimTemplates[${index}].spec`, spec))

/** serviceName and claims cannot change, so that such as are bad already do not stand in the way of other updates. */
const validate = ({ spec }: StatefulSet): FieldError[] => [
  ...validateSpec(spec),
  ...validateClaims(spec),
  ...(spec.serviceName ? dns1123Label('spec.serviceName', spec.serviceName) : []),
]

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

function validateUpdate(statefulSet: StatefulSet, old: StatefulSet): FieldError[] {
  const errors = validateSpec(statefulSet.spec)
  const fixed = ({ spec }: StatefulSet): object => ({
    ...spec,
    ...Object.fromEntries(changeable.map((name) => [name, undefined])),
  })
  if (!semanticallyEqual(fixed(statefulSet), fixed(old)))
    errors.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    )
  return errors
}

const counted = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
const emptyStatus = (): StatefulSetStatus => ({ replicas: 0, availableReplicas: 0 })

const validateStatusUpdate = ({ status = emptyStatus() }: StatefulSet, old: StatefulSet): FieldError[] => [
  ...validateCounts(status, ['replicas', ...counted, 'observedGeneration', 'collisionCount']),
  ...validateParts(status, counted, { ready: 'status.readyReplicas' }),
  ...validateCollisionCount(status, old.status),
]

export const statefulSets: ResourceDefinition<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  hasGeneration: true,
  validateName: nameIsDnsLabel,
  subresources: {
    status: true,
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.spec.selector',
    },
  },
  defaults,
  prepareForCreate: (statefulSet) => {
    statefulSet.status = emptyStatus()
  },
  validate,
  validateUpdate,
  validateStatusUpdate,
  warnings: ({ spec }, old) => [
    ...warnOfTemplate('spec.template', { template: spec.template, old: old?.spec.template }),
    ...((spec.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of the pod with ready state',
      value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template, 1),
  ],
}

import {
  type Column,
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, optionalOneOf } from '../../core/v1/field-checks.ts'
import type { CSIDriver, CSIDriverSpec, TokenRequest } from './types.ts'

const lifecycleModes = ['Persistent', 'Ephemeral']
const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32

function defaults(driver: CSIDriver): void {
  driver.spec ??= {}
  const { spec } = driver
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

function validateTokenRequests(requests: readonly TokenRequest[] = []): FieldError[] {
  const audiences = requests.map(({ audience = '' }) => audience)
  return requests.flatMap(({ audience = '', expirationSeconds }, index) => {
    const at = `spec.tokenRequests[${index}]`
    if (audiences.indexOf(audience) < index) return [duplicate(`${at}.audience`, audience)]
    if (expirationSeconds === undefined) return []
    if (expirationSeconds < minTokenSeconds)
      return [
        invalidValue(`${at}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes'),
      ]
    return expirationSeconds > maxTokenSeconds
      ? [
          invalidValue(
            `${at}.expirationSeconds`,
            expirationSeconds,
            'may not specify a duration larger than 2^32 seconds',
          ),
        ]
      : []
  })
}

function validate({ spec }: CSIDriver): FieldError[] {
  const { tokenRequests = [], nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets } = spec
  return [
    ...optionalOneOf('spec.fsGroupPolicy', spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType']),
    ...validateTokenRequests(tokenRequests),
    ...(spec.volumeLifecycleModes ?? []).flatMap((mode) =>
      lifecycleModes.includes(mode) ? [] : [notSupported('spec.volumeLifecycleModes', mode, lifecycleModes)],
    ),
    ...(period !== undefined && period < 10
      ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
      : []),
    ...(serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0
      ? [
          invalidValue(
            'spec.serviceAccountTokenInSecrets',
            serviceAccountTokenInSecrets,
            'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
          ),
        ]
      : []),
  ]
}

function warnings({ spec }: CSIDriver, old?: CSIDriver): string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec
  if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined) return []
  if (old && semanticallyEqual(old.spec.tokenRequests, tokenRequests)) return []
  return [
    'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
  ]
}

type Flag = 'attachRequired' | 'podInfoOnMount' | 'storageCapacity' | 'requiresRepublish'
const flag = (name: string, field: Flag, description: string): Column<CSIDriver> => ({
  name,
  type: 'boolean',
  description,
  value: ({ spec }) => spec[field] ?? field === 'attachRequired',
})
const audiences = ({ tokenRequests }: CSIDriverSpec): string =>
  tokenRequests ? tokenRequests.map(({ audience = '' }) => audience).join(',') : '<unset>'

export const csiDrivers: ResourceDefinition<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  scope: 'Cluster',
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  allowUnconditionalUpdate: false,
  defaults,
  // Unlike others it has no generation until it changes.
  prepareForUpdate: (driver, old) => {
    if (!semanticallyEqual(driver.spec, old.spec)) driver.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validate,
  validateUpdate: (driver, old) => [
    ...validate(driver),
    ...immutable('spec.attachedRequired', driver.spec.attachRequired, old.spec.attachRequired),
    ...immutable('spec.volumeLifecycleModes', driver.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes),
  ],
  warnings,
  columns: [
    nameColumn,
    flag('AttachRequired', 'attachRequired', 'Whether volumes are attached before they are mounted.'),
    flag('PodInfoOnMount', 'podInfoOnMount', 'Whether the driver is told of the pod.'),
    flag('StorageCapacity', 'storageCapacity', 'Whether the scheduler heeds its capacity.'),
    {
      name: 'TokenRequests',
      type: 'string',
      description: 'Audiences of the tokens it is given.',
      value: ({ spec }) => audiences(spec),
    },
    flag('RequiresRepublish', 'requiresRepublish', 'Whether it is asked to publish again and again.'),
    {
      name: 'Modes',
      type: 'string',
      description: 'Which volumes it serves.',
      value: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    },
    ageColumn,
  ],
}

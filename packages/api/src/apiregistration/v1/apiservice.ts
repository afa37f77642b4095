import {
  type FieldError,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
  validateDns1035Label,
  validatePortNumber,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { dns1123Subdomain, invalidEach } from '../../core/v1/field-checks.ts'
import type { APIService, APIServiceSpec } from './types.ts'

const statuses = ['True', 'False', 'Unknown']

function prepareForCreate(service: APIService): void {
  service.status = {}
  if (service.spec.service) return
  service.status.conditions = [
    {
      type: 'Available',
      status: 'True',
      reason: 'Local',
      message: 'Local APIServices are always available',
      lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  ]
}

function validate({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec
  return [
    ...validateOwnName(metadata.name, `${version}.${group}`),
    ...(group === '' && version !== 'v1'
      ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group ? dns1123Subdomain('spec.group', group) : []),
    ...invalidEach('spec.version', version, validateDns1035Label(version)),
    ...positive('spec.groupPriorityMinimum', groupPriorityMinimum, 20000),
    ...positive('spec.versionPriority', versionPriority, 1000),
    ...(spec.service ? validateService(spec) : validateLocal(spec)),
  ]
}

const validateOwnName = (name: string, wanted: string): FieldError[] =>
  name === wanted || nameIsPathSegment(name, false).length > 0
    ? []
    : [invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: "${wanted}"`)]

const positive = (field: string, value: number, max: number): FieldError[] =>
  value > 0 && value <= max ? [] : [invalidValue(field, value, `must be positive and less than ${max}`)]

const validateLocal = ({ caBundle, insecureSkipTLSVerify }: APIServiceSpec): FieldError[] => [
  ...(caBundle
    ? [
        invalidValue(
          'spec.caBundle',
          `${Buffer.from(caBundle, 'base64').length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      ]
    : []),
  ...(insecureSkipTLSVerify
    ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
    : []),
]

function validateService({ service = {}, caBundle, insecureSkipTLSVerify }: APIServiceSpec): FieldError[] {
  const { namespace, name, port = 0 } = service
  const faults = validatePortNumber(port)
  return [
    ...(namespace ? [] : [required('spec.service.namespace')]),
    ...(name ? [] : [required('spec.service.name')]),
    ...(faults.length > 0 ? [invalidValue('spec.service.port', port, `port is not valid: ${faults.join(', ')}`)] : []),
    ...(insecureSkipTLSVerify && caBundle
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ]
}

function availabilityOf({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status !== 'True' && condition.reason
    ? `${condition.status} (${condition.reason})`
    : condition.status
}

export const apiServices: ResourceDefinition<APIService> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  allowUnconditionalUpdate: false,
  validateName: nameIsPathSegment,
  subresources: { status: true },
  defaults: (service) => {
    service.spec ??= {} as APIServiceSpec
    service.status ??= {}
    if (service.spec.service) service.spec.service.port ??= 443
  },
  prepareForCreate,
  validate,
  validateUpdate: validate,
  validateStatusUpdate: ({ status }) =>
    (status?.conditions ?? []).flatMap((condition, index) =>
      statuses.includes(condition.status)
        ? []
        : [notSupported(`status.conditions[${index}].status`, condition.status, statuses)],
    ),
  columns: [
    nameColumn,
    {
      name: 'Service',
      type: 'string',
      description: 'The reference to the service that hosts this API endpoint.',
      value: ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'),
    },
    {
      name: 'Available',
      type: 'string',
      description: 'Whether this service is available.',
      value: availabilityOf,
    },
    ageColumn,
  ],
}

import {
  type FieldError,
  forbiddenField,
  nameIsDnsLabel,
  type ResourceDefinition,
  required,
  tooLong,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { immutable, invalidEach, optionalOneOf } from '../../core/v1/field-checks.ts'
import { validateDomainPrefixedPath } from '../../meta/v1/domain-prefixed-path.ts'
import { validateReference } from './ingress-backend.ts'
import type { IngressClass, IngressClassParametersReference } from './types.ts'

export const isDefaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class'
const longestController = 250

function validateParameters(parameters: IngressClassParametersReference): FieldError[] {
  const field = 'spec.parameters'
  const { scope, namespace } = parameters
  const errors = validateReference(field, parameters)
  if (scope === undefined) return [...errors, required(`${field}.scope`)]
  errors.push(...optionalOneOf(`${field}.scope`, scope, ['Cluster', 'Namespace']))
  const at = `${field}.namespace`
  if (scope === 'Namespace' && namespace === undefined)
    errors.push(required(at, "`parameters.scope` is set to 'Namespace'"))
  if (scope === 'Namespace' && namespace !== undefined)
    errors.push(...invalidEach(at, namespace, nameIsDnsLabel(namespace, false)))
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbiddenField(at, "`parameters.scope` is set to 'Cluster'"))
  return errors
}

function validate({ spec }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec
  return [
    ...(controller.length > longestController ? [tooLong('spec.controller', longestController)] : []),
    ...validateDomainPrefixedPath('spec.controller', controller),
    ...(parameters ? validateParameters(parameters) : []),
  ]
}

function parametersOf({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return '<none>'
  const { kind, apiGroup, name } = parameters
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`
}

export const ingressClasses: ResourceDefinition<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'Cluster',
  schema: 'io.k8s.api.networking.v1.IngressClass',
  hasGeneration: true,
  defaults: (ingressClass) => {
    ingressClass.spec ??= {}
    if (ingressClass.spec.parameters) ingressClass.spec.parameters.scope ??= 'Cluster'
  },
  validate,
  validateUpdate: (ingressClass, old) => [
    ...immutable('spec.controller', ingressClass.spec.controller, old.spec.controller),
    ...validate(ingressClass),
  ],
  columns: [
    {
      ...nameColumn,
      value: ({ metadata: { name, annotations } }) =>
        annotations?.[isDefaultClassAnnotation] === 'true' ? `${name} (default)` : name,
    },
    {
      name: 'Controller',
      type: 'string',
      description: 'The controller that serves the class.',
      value: ({ spec }) => spec.controller ?? '',
    },
    { name: 'Parameters', type: 'string', description: 'What configures the controller.', value: parametersOf },
    ageColumn,
  ],
}

import {
  type FieldError,
  invalidValue,
  ipFamily,
  type ResourceDefinition,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { dns1123Subdomain } from '../../core/v1/field-checks.ts'
import { validateIP } from '../../core/v1/ip-address.ts'
import { validateBackend } from './ingress-backend.ts'
import { validateRule, validateTLS } from './ingress-rules.ts'
import type { Ingress } from './types.ts'

/** What named the class before `spec.ingressClassName` did. */
export const classAnnotation = 'kubernetes.io/ingress.class'

function validateSpec({ spec }: Ingress, checks: { secretName: boolean }): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = spec
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [invalidValue('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend('spec.defaultBackend', defaultBackend) : []),
    ...rules.flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule)),
    ...tls.flatMap((entry, index) => validateTLS(`spec.tls[${index}]`, entry, checks)),
    ...(ingressClassName === undefined ? [] : dns1123Subdomain('spec.ingressClassName', ingressClassName)),
  ]
}

function validateClasses({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata.annotations?.[classAnnotation]
  if (annotated === undefined || spec.ingressClassName === undefined || annotated === spec.ingressClassName) return []
  const field = `annotations.${classAnnotation}`
  return [invalidValue(field, annotated, 'must match `ingressClassName` when both are specified')]
}

const hasBadSecretName = ({ spec }: Ingress): boolean =>
  (spec.tls ?? []).some(({ secretName }) => secretName && validateDns1123Subdomain(secretName).length > 0)

function validateStatusUpdate(ingress: Ingress, old: Ingress): FieldError[] {
  const kept = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  return (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const at = `status.loadBalancer.ingress[${index}]`
    const errors = ip ? validateIP(`${at}.ip`, ip, kept) : []
    if (!hostname) return errors
    errors.push(...dns1123Subdomain(`${at}.hostname`, hostname))
    if (ipFamily(hostname))
      errors.push(invalidValue(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}

function hostsOf({ spec }: Ingress): string {
  const rules = spec.rules ?? []
  const named = rules.flatMap(({ host }) => (host ? [host] : []))
  if (named.length === 0) return '*'
  const shown = named.slice(0, 3).join(',')
  return named.length >= 3 && rules.length > 3 ? `${shown} + ${rules.length - 3} more...` : shown
}

const addressOf = ({ status }: Ingress): string => {
  const points = status?.loadBalancer?.ingress ?? []
  return [...new Set(points.flatMap(({ ip, hostname }) => ip || hostname || []))].sort().join(',')
}

export const ingresses: ResourceDefinition<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.networking.v1.Ingress',
  hasGeneration: true,
  subresources: { status: true },
  defaults: (ingress) => {
    ingress.spec ??= {}
  },
  prepareForCreate: (ingress) => {
    ingress.status = { loadBalancer: {} }
  },
  validate: (ingress) => [...validateSpec(ingress, { secretName: true }), ...validateClasses(ingress)],
  validateUpdate: (ingress, old) => validateSpec(ingress, { secretName: !hasBadSecretName(old) }),
  validateStatusUpdate,
  warnings: ({ metadata, spec }, old) =>
    !old && metadata.annotations?.[classAnnotation] !== undefined && spec.ingressClassName === undefined
      ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  columns: [
    nameColumn,
    {
      name: 'Class',
      type: 'string',
      description: 'The IngressClass that serves it.',
      value: ({ spec }) => spec.ingressClassName ?? '<none>',
    },
    { name: 'Hosts', type: 'string', description: 'Hosts of its rules.', value: hostsOf },
    { name: 'Address', type: 'string', description: 'Where it is served.', value: addressOf },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports that are open.',
      value: ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80'),
    },
    ageColumn,
  ],
}

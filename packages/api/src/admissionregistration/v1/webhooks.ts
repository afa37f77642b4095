import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  semanticallyEqual,
  validateDns1035Label,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { invalidEach, optionalOneOf } from '../../core/v1/field-checks.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { validateMatchConditions } from './match-conditions.ts'
import { matchPolicies } from './match-resources.ts'
import { defaultRules, validateRule } from './rules.ts'
import type { MutatingWebhook, ValidatingWebhook } from './types.ts'
import { validateWebhookClient } from './webhook-client.ts'

export type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>

export const failurePolicies = ['Fail', 'Ignore']
export const reinvocationPolicies = ['IfNeeded', 'Never']
const sideEffects = ['None', 'NoneOnDryRun']
const allSideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const reviewVersions = ['v1', 'v1beta1']

export function defaultWebhooks(webhooks: readonly Webhook[] | undefined): void {
  for (const webhook of webhooks ?? []) {
    webhook.failurePolicy ??= 'Fail'
    webhook.matchPolicy ??= 'Equivalent'
    webhook.namespaceSelector ??= {}
    webhook.objectSelector ??= {}
    webhook.timeoutSeconds ??= 10
    if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443
    defaultRules(webhook.rules)
  }
}

/** What earlier versions let in stays tolerated where it was there before. */
interface Tolerance {
  anySideEffects: boolean
  anyReviewVersions: boolean
  repeatedNames: boolean
  conditions: boolean
}

const strict: Tolerance = { anySideEffects: false, anyReviewVersions: false, repeatedNames: false, conditions: false }

const toleranceOf = (webhooks: readonly Webhook[], old: readonly Webhook[]): Tolerance => ({
  anySideEffects: old.some((webhook) => !sideEffects.includes(webhook.sideEffects)),
  anyReviewVersions: old.some(
    ({ admissionReviewVersions: versions = [] }) =>
      versions.length > 0 && !versions.some((version) => reviewVersions.includes(version)),
  ),
  repeatedNames: new Set(old.map(({ name }) => name)).size < old.length,
  conditions:
    webhooks.length === old.length &&
    webhooks.every(({ matchConditions }, index) =>
      semanticallyEqual(matchConditions ?? [], old[index]?.matchConditions ?? []),
    ),
})

export function validateWebhooks(webhooks: readonly Webhook[] = [], old?: readonly Webhook[]): FieldError[] {
  const tolerance = old ? toleranceOf(webhooks, old) : strict
  return webhooks.flatMap((webhook, index) => {
    const at = `webhooks[${index}]`
    const isRepeated = webhook.name && webhooks.findIndex(({ name }) => name === webhook.name) < index
    return [
      ...validateWebhook(at, webhook, tolerance),
      ...validateReviewVersions(`${at}.admissionReviewVersions`, webhook.admissionReviewVersions, tolerance),
      ...(isRepeated && !tolerance.repeatedNames ? [duplicate(`${at}.name`, webhook.name)] : []),
    ]
  })
}

function validateWebhook(field: string, webhook: Webhook, tolerance: Tolerance): FieldError[] {
  const { timeoutSeconds } = webhook
  return [
    ...validateQualifiedDomain(`${field}.name`, webhook.name),
    ...(webhook.rules ?? []).flatMap((rule, index) => validateRule(`${field}.rules[${index}]`, rule)),
    ...optionalOneOf(`${field}.failurePolicy`, webhook.failurePolicy, failurePolicies),
    ...optionalOneOf(`${field}.matchPolicy`, webhook.matchPolicy, matchPolicies),
    ...validateSideEffects(`${field}.sideEffects`, webhook.sideEffects, tolerance),
    ...(timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)
      ? [invalidValue(`${field}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(`${field}.namespaceSelector`, webhook.namespaceSelector),
    ...validateLabelSelector(`${field}.objectSelector`, webhook.objectSelector),
    ...optionalOneOf(`${field}.reinvocationPolicy`, webhook.reinvocationPolicy, reinvocationPolicies),
    ...validateWebhookClient(`${field}.clientConfig`, webhook.clientConfig ?? {}),
    ...(tolerance.conditions ? [] : validateMatchConditions(`${field}.matchConditions`, webhook.matchConditions)),
  ]
}

function validateQualifiedDomain(field: string, name: string): FieldError[] {
  if (!name) return [required(field)]
  const faults = validateDns1123Subdomain(name)
  if (faults.length > 0) return [invalidValue(field, name, faults.join(','))]
  return name.split('.').length < 3
    ? [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
    : []
}

function validateSideEffects(field: string, value: string | undefined, { anySideEffects }: Tolerance): FieldError[] {
  const allowed = anySideEffects ? allSideEffects : sideEffects
  if (value === undefined) return [required(field, `must specify one of ${allowed.join(', ')}`)]
  return allowed.includes(value) ? [] : [notSupported(field, value, allowed)]
}

function validateReviewVersions(
  field: string,
  versions: readonly string[] = [],
  { anyReviewVersions }: Tolerance,
): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${reviewVersions.join(', ')}`)]
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalidValue(`${field}[${index}]`, version, 'duplicate version')]
      : invalidEach(`${field}[${index}]`, version, validateDns1035Label(version)),
  )
  if (!anyReviewVersions && !versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  return errors
}

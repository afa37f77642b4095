import { type FieldError, forbiddenField, invalidValue, required, validateDns1035Label } from '@tandem/apimachinery'
import { validateWebhookClient } from '../../admissionregistration/v1/webhook-client.ts'
import { invalidEach, oneOf } from '../../core/v1/field-checks.ts'
import type { CustomResourceConversion } from './types.ts'

const reviewVersions = ['v1', 'v1beta1']

/** Fields are named as upstream's server has them, which keeps the webhook's parts one level higher than version 1 writes them. */
export function validateConversion(field: string, { strategy, webhook }: CustomResourceConversion): FieldError[] {
  const errors = oneOf(`${field}.strategy`, strategy, ['None', 'Webhook'])
  const [client, versions] = [`${field}.webhookClientConfig`, `${field}.conversionReviewVersions`]
  if (strategy === 'Webhook')
    return [
      ...errors,
      ...(webhook?.clientConfig
        ? validateWebhookClient(client, webhook.clientConfig)
        : [required(client, 'required when strategy is set to Webhook')]),
      ...validateVersions(versions, webhook?.conversionReviewVersions),
    ]
  const unset = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.push(forbiddenField(client, unset))
  if (webhook?.conversionReviewVersions?.length) errors.push(forbiddenField(versions, unset))
  return errors
}

function validateVersions(field: string, versions: readonly string[] = []): FieldError[] {
  if (versions.length === 0) return [required(field)]
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalidValue(`${field}[${index}]`, version, 'duplicate version')]
      : invalidEach(`${field}[${index}]`, version, validateDns1035Label(version)),
  )
  return versions.some((version) => reviewVersions.includes(version))
    ? errors
    : [...errors, invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`)]
}

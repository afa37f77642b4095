import type { ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { MutatingWebhookConfiguration } from './types.ts'
import { defaultWebhooks, validateWebhooks } from './webhooks.ts'

export const mutatingWebhookConfigurations: ResourceDefinition<MutatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: ({ webhooks }) => {
    defaultWebhooks(webhooks)
    for (const webhook of webhooks ?? []) webhook.reinvocationPolicy ??= 'Never'
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks, old.webhooks ?? []),
  warnings: staticSuffixWarnings,
  columns: [
    nameColumn,
    {
      name: 'Webhooks',
      type: 'integer',
      description: 'How many webhooks it registers.',
      value: ({ webhooks = [] }) => webhooks.length,
    },
    ageColumn,
  ],
}

import type { ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { ValidatingWebhookConfiguration } from './types.ts'
import { defaultWebhooks, validateWebhooks } from './webhooks.ts'

export const validatingWebhookConfigurations: ResourceDefinition<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: ({ webhooks }) => defaultWebhooks(webhooks),
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

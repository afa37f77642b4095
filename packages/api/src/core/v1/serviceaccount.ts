import type { ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import type { ServiceAccount } from './types.ts'

const enforceMountableSecrets = 'kubernetes.io/enforce-mountable-secrets'

/** Only the name of a secret is kept. */
function cleanSecretReferences(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}

function warnings(account: ServiceAccount, old?: ServiceAccount): string[] {
  const isSet = (candidate: ServiceAccount): boolean =>
    Object.hasOwn(candidate.metadata.annotations ?? {}, enforceMountableSecrets)
  if ((old && isSet(old)) || !isSet(account)) return []
  return [
    `metadata.annotations[${enforceMountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ]
}

export const serviceAccounts: ResourceDefinition<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  subresources: {
    others: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  },
  prepareForCreate: cleanSecretReferences,
  prepareForUpdate: cleanSecretReferences,
  warnings,
  columns: [nameColumn, ageColumn],
}

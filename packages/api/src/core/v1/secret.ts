import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  type FieldError,
  invalidValue,
  type ResourceDefinition,
  required,
  tooLong,
  validateConfigMapKey,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { decodedLength, maxDataBytes } from './configmap.ts'
import { forbidImmutableChange, immutable, invalidEach } from './field-checks.ts'
import type { Secret } from './types.ts'

const decoded = (secret: Secret, key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString()

/** `stringData` is for writing only: its texts become entries of `data`. */
function defaults(secret: Secret): void {
  secret.type ||= 'Opaque'
  if (!secret.stringData) return
  const data = { ...secret.data }
  for (const [key, text] of Object.entries(secret.stringData)) data[key] = Buffer.from(text).toString('base64')
  secret.data = data
  delete secret.stringData
}

/** The fault of a document that should be a JSON object, in the words of Go's decoder. */
function jsonObjectFault(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
  } catch {
    const first = text.trim()[0]
    return first === undefined || first === '{'
      ? 'unexpected end of JSON input'
      : `invalid character '${first}' looking for beginning of value`
  }
}

function requireKeys(secret: Secret, ...keys: string[]): FieldError[] {
  return keys.filter((key) => !Object.hasOwn(secret.data ?? {}, key)).map((key) => required(`data[${key}]`))
}

function requireJsonKey(secret: Secret, key: string): FieldError[] {
  const missing = requireKeys(secret, key)
  if (missing.length > 0) return missing
  const fault = jsonObjectFault(decoded(secret, key))
  return fault ? [invalidValue(`data[${key}]`, '<secret contents redacted>', fault)] : []
}

/** What each of the known types must carry; other types are the user's own business. */
const validateType: Readonly<Record<string, (secret: Secret) => FieldError[]>> = {
  'kubernetes.io/service-account-token': (secret) =>
    secret.metadata.annotations?.['kubernetes.io/service-account.name']
      ? []
      : [required('metadata.annotations[kubernetes.io/service-account.name]')],
  'kubernetes.io/dockercfg': (secret) => requireJsonKey(secret, '.dockercfg'),
  'kubernetes.io/dockerconfigjson': (secret) => requireJsonKey(secret, '.dockerconfigjson'),
  'kubernetes.io/basic-auth': (secret) => {
    const missing = requireKeys(secret, 'username', 'password')
    return missing.length === 2 ? missing : []
  },
  'kubernetes.io/ssh-auth': (secret) => (secret.data?.['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]),
  'kubernetes.io/tls': (secret) => requireKeys(secret, 'tls.crt', 'tls.key'),
}

function validate(secret: Secret): FieldError[] {
  const entries = Object.entries(secret.data ?? {})
  const errors = entries.flatMap(([key]) => invalidEach(`data[${key}]`, key, validateConfigMapKey(key)))
  const total = entries.reduce((sum, [, value]) => sum + decodedLength(value), 0)
  if (total > maxDataBytes) errors.push(tooLong('data', maxDataBytes))
  return [...errors, ...(validateType[secret.type ?? '']?.(secret) ?? [])]
}

function validateUpdate(secret: Secret, old: Secret): FieldError[] {
  const errors = immutable('type', secret.type, old.type)
  if (old.immutable) {
    errors.push(...forbidImmutableChange('immutable', secret.immutable, true))
    errors.push(...forbidImmutableChange('data', secret.data, old.data))
  }
  return [...errors, ...validate(secret)]
}

function warnings(secret: Secret): string[] {
  if (secret.type !== 'kubernetes.io/tls') return []
  try {
    const certificate = new X509Certificate(decoded(secret, 'tls.crt'))
    const matches = certificate.checkPrivateKey(createPrivateKey(decoded(secret, 'tls.key')))
    return matches ? [] : ['tls: private key does not match public key']
  } catch {
    const part = decoded(secret, 'tls.crt').includes('-----BEGIN CERTIFICATE-----') ? 'key' : 'certificate'
    return [`tls: failed to find any PEM data in ${part} input`]
  }
}

export const secrets: ResourceDefinition<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Secret',
  defaults,
  validate,
  validateUpdate,
  warnings,
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', description: 'What the secret is for.', value: (secret) => secret.type ?? '' },
    {
      name: 'Data',
      type: 'string',
      description: 'Number of entries in data.',
      value: (secret) => Object.keys(secret.data ?? {}).length,
    },
    ageColumn,
  ],
}

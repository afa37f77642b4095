import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import { parseYaml } from '@tandem/apimachinery/wire/yaml'

/** Upstream's `apiserver.config.k8s.io/v1` EncryptionConfiguration, as far as it is understood here. */
export interface EncryptionConfiguration {
  resources: ResourceConfiguration[]
}

export interface ResourceConfiguration {
  resources: string[]
  /** The first one writes, all of them read. */
  providers: ProviderConfiguration[]
}

export interface ProviderConfiguration {
  aesgcm?: { keys: Key[] }
  aescbc?: { keys: Key[] }
  identity?: Record<string, never>
  secretbox?: object
  kms?: object
}

export interface Key {
  name: string
  /** Base64 of 16, 24 or 32 bytes. */
  secret: string
}

/** What is wrong with a file that was named on the command line. */
export class EncryptionConfigurationError extends Error {
  readonly code = 'ENCRYPTION_CONFIGURATION'
}

export function parseEncryptionConfiguration(content: Uint8Array, path: string): EncryptionConfiguration {
  let parsed: Partial<EncryptionConfiguration & { apiVersion: string; kind: string }> | undefined
  try {
    parsed = parseYaml(content) as typeof parsed
  } catch (error) {
    throw new EncryptionConfigurationError(`error while parsing encryption provider configuration file ${path}`, {
      cause: error,
    })
  }
  if (parsed?.apiVersion !== 'apiserver.config.k8s.io/v1' || parsed.kind !== 'EncryptionConfiguration')
    throw new EncryptionConfigurationError(`${path}: must be an EncryptionConfiguration of apiserver.config.k8s.io/v1`)
  const faults = validateEncryptionConfiguration(parsed)
  if (faults.length > 0) {
    const lines = faults.map(({ field, message }) => `${field}: ${message}`)
    throw new EncryptionConfigurationError(`${path}: ${lines.join(', ')}`)
  }
  return parsed as EncryptionConfiguration
}

export function validateEncryptionConfiguration({ resources = [] }: Partial<EncryptionConfiguration>): FieldError[] {
  if (resources.length === 0) return [required('resources', 'at least one resources is required')]
  return resources.flatMap(({ resources: names = [], providers = [] }, index) => {
    const at = `resources[${index}]`
    const errors = [...validateOverlap(`${at}.resources`, names), ...validateNames(`${at}.resources`, names)]
    if (names.length === 0) errors.push(required(`${at}.resources`, `at least one ${at}.resources is required`))
    if (providers.length === 0) errors.push(required(`${at}.providers`, `at least one ${at}.providers is required`))
    for (const [place, provider] of providers.entries())
      errors.push(...validateProvider(`${at}.providers[${place}]`, provider))
    return errors
  })
}

/** `deployments.apps` is of the group `apps`, `secrets` of the group without a name. */
export function parseGroupResource(text: string): { group: string; resource: string } {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
}

function validateOverlap(field: string, names: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (new Set(names).size < names.length)
    errors.push(invalidValue(field, names, 'the same resource cannot be specified multiple times'))
  const parsed = [...new Set(names)].map(parseGroupResource)
  const overlap = parsed.some(
    ({ group, resource }, index) =>
      resource === '*' && parsed.some((other, place) => place !== index && (group === '*' || other.group === group)),
  )
  if (overlap)
    errors.push(
      invalidValue(
        field,
        names,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
      ),
    )
  return errors
}

const withoutApi = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations']

const validateNames = (field: string, names: readonly string[]): FieldError[] =>
  names.flatMap((name, index) => {
    const fault = faultOfName(name)
    return fault ? [invalidValue(`${field}[${index}]`, name, fault)] : []
  })

function faultOfName(name: string): string | undefined {
  if (/[A-Z]/.test(name)) return 'resource name should not contain capital letters'
  if (name === '*') return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
  if (withoutApi.includes(name)) return 'resources which do not have REST API/s cannot be encrypted'
  const { group, resource } = parseGroupResource(name)
  if (group === 'events.k8s.io')
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
  if (group === 'extensions') return "'extensions' group has been removed and cannot be used for encryption"
  if (group === '*' && resource !== '*') return 'encrypting the same resource across groups is not supported'
  return undefined
}

const known = ['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const

function validateProvider(field: string, provider: ProviderConfiguration): FieldError[] {
  const found = known.filter((name) => provider[name] !== undefined)
  const [name] = found
  if (!name)
    return [
      invalidValue(
        field,
        Object.keys(provider),
        'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
      ),
    ]
  if (found.length > 1)
    return [
      invalidValue(
        field,
        found,
        'more than one provider specified in a single element, should split into different list elements',
      ),
    ]
  if (name === 'kms' || name === 'secretbox')
    return [invalidValue(field, name, 'this provider is not supported here; use aesgcm, aescbc or identity')]
  return name === 'identity' ? [] : validateKeys(`${field}.${name}.keys`, provider[name]?.keys ?? [])
}

const keyLengths = [16, 24, 32]

function validateKeys(field: string, keys: readonly Key[]): FieldError[] {
  if (keys.length === 0) return [required(field, 'at least one keys is required')]
  return keys.flatMap(({ name, secret }, index) => {
    const errors = name ? [] : [required(`${field}[${index}].name`, 'name is a mandatory field for a key')]
    const at = `${field}[${index}].secret`
    if (!secret) return [...errors, required(at, 'secret is a mandatory field for a key')]
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret))
      return [...errors, invalidValue(at, 'REDACTED', 'secrets must be base64 encoded')]
    const { length } = Buffer.from(secret, 'base64')
    if (keyLengths.includes(length)) return errors
    const fault = `secret is not of the expected length, got ${length}, expected one of [${keyLengths.join(' ')}]`
    return [...errors, invalidValue(at, 'REDACTED', fault)]
  })
}

import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { validateLabelSelector } from '../../../meta/v1/label-selector.ts'
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../types.ts'
import { fileMode, notReserved } from '../volume-path.ts'
import { validateDownwardFile, validateKeyToPath } from './volume-files.ts'

const tenMinutes = 10 * 60
const longestToken = 2 ** 32
const anHour = 60 * 60
const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519']

/** Files of all sources share one directory. */
class Paths {
  readonly #taken = new Set<string>()

  claim(field: string, path: string | undefined, shown: unknown = path): FieldError[] {
    if (!path) return []
    if (this.#taken.has(path)) return [invalidValue(field, shown, 'conflicting duplicate paths')]
    this.#taken.add(path)
    return []
  }
}

function validateToken(
  volume: string,
  field: string,
  token: NonNullable<VolumeProjection['serviceAccountToken']>,
): FieldError[] {
  const { expirationSeconds: seconds = anHour, path } = token
  const errors: FieldError[] = []
  if (seconds < tenMinutes)
    errors.push(invalidValue(`${field}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > longestToken)
    errors.push(
      invalidValue(`${field}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
    )
  return [...errors, ...(path ? notReserved(`${volume}.path`, path) : [required(`${volume}.path`)])]
}

function validateTrustBundle(field: string, bundle: ClusterTrustBundleProjection): FieldError[] {
  const { name, signerName, labelSelector, path } = bundle
  const errors: FieldError[] = []
  if (name !== undefined && signerName !== undefined)
    errors.push(invalidValue(field, bundle, 'only one of name and signerName may be used'))
  else if (name !== undefined) {
    if (name === '') errors.push(required(`${field}.name`, 'must be a valid object name'))
    if (labelSelector)
      errors.push(
        invalidValue(`${field}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'),
      )
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${field}.signerName`, 'must be a valid signer name'))
    errors.push(...validateLabelSelector(`${field}.labelSelector`, labelSelector))
  } else errors.push(required(field, 'either name or signerName must be specified'))
  if (!path) errors.push(required(`${field}.path`))
  return [...errors, ...notReserved(`${field}.path`, path ?? '')]
}

function validateCertificate(field: string, certificate: PodCertificateProjection): FieldError[] {
  const { keyType, maxExpirationSeconds: longest } = certificate
  const errors = keyTypes.includes(keyType ?? '') ? [] : [notSupported(`${field}.keyType`, keyType ?? '', keyTypes)]
  if (longest !== undefined && longest < anHour)
    errors.push(
      invalidValue(`${field}.maxExpirationSeconds`, longest, 'if provided, maxExpirationSeconds must be >= 3600'),
    )
  const names = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const
  for (const name of names) if (certificate[name]) errors.push(...notReserved(`${field}.${name}`, certificate[name]))
  if (names.every((name) => !certificate[name]))
    errors.push(required(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'))
  return errors
}

function validateSource(volume: string, field: string, source: VolumeProjection, paths: Paths): FieldError[] {
  const errors: FieldError[] = []
  for (const kind of ['secret', 'configMap'] as const) {
    const from = source[kind]
    if (!from) continue
    if (!from.name) errors.push(required(`${field}.${kind}.name`))
    for (const [i, item] of (from.items ?? []).entries()) {
      errors.push(...validateKeyToPath(`${field}.${kind}.items[${i}]`, item))
      errors.push(...paths.claim(volume, item.path, from.name ?? ''))
    }
  }
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(`${field}.downwardAPI`, file))
    errors.push(...paths.claim(volume, file.path))
  }
  if (source.serviceAccountToken)
    errors.push(...validateToken(volume, `${field}.serviceAccountToken`, source.serviceAccountToken))
  if (source.clusterTrustBundle) {
    errors.push(...validateTrustBundle(`${field}.clusterTrustBundle`, source.clusterTrustBundle))
    errors.push(...paths.claim(volume, source.clusterTrustBundle.path))
  }
  if (source.podCertificate) {
    errors.push(...validateCertificate(`${field}.podCertificate`, source.podCertificate))
    for (const name of ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const)
      errors.push(...paths.claim(volume, source.podCertificate[name]))
  }
  if (Object.values(source).filter((kind) => kind !== undefined).length > 1)
    errors.push(forbiddenField(field, 'may not specify more than 1 volume type per source'))
  return errors
}

export function validateProjected(field: string, { sources = [], defaultMode }: ProjectedVolumeSource): FieldError[] {
  const paths = new Paths()
  return [
    ...fileMode(`${field}.defaultMode`, defaultMode),
    ...sources.flatMap((source, i) => validateSource(field, `${field}.sources[${i}]`, source, paths)),
  ]
}

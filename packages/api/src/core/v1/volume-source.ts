import { type FieldError, forbiddenField, invalidValue, required, tooLong, validateInRange } from '@tandem/apimachinery'
import { dns1123Label, dns1123Subdomain, invalidEach, optionalOneOf } from './field-checks.ts'
import type {
  CSIPersistentVolumeSource,
  FCVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  SecretReference,
} from './types.ts'
import { withoutBacksteps } from './volume-path.ts'

/** Checks of the sources that a pod's volumes and persistent volumes share. */
type Check<T> = (field: string, source: T) => FieldError[]

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export const validateHostPath: Check<HostPathVolumeSource> = (field, { path, type }) =>
  path
    ? [...withoutBacksteps(`${field}.path`, path), ...optionalOneOf(`${field}.type`, type, hostPathTypes)]
    : [required(`${field}.path`)]

export const validateNFS: Check<NFSVolumeSource> = (field, { server, path }) => [
  ...(server ? [] : [required(`${field}.server`)]),
  ...(path ? [] : [required(`${field}.path`)]),
  ...(path?.startsWith('/') ? [] : [invalidValue(`${field}.path`, path ?? '', 'must be an absolute path')]),
]

const iscsiNames = [
  /^iqn\.\d{4}-\d{2}\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:.{1,128})?$/i,
  /^eui\.[0-9a-f]{16}$/i,
  /^naa\.[0-9a-f]{16,32}$/i,
]

function validateIscsiName(field: string, name: string): FieldError[] {
  if (!/^(iqn|eui|naa)/.test(name))
    return [invalidValue(field, name, 'must be valid format starting with iqn, eui, or naa')]
  return iscsiNames.some((form) => form.test(name)) ? [] : [invalidValue(field, name, 'must be valid format')]
}

export function validateISCSI(
  field: string,
  source: Omit<ISCSIVolumeSource, 'secretRef'> & { secretRef?: object },
): FieldError[] {
  const errors: FieldError[] = []
  if (!source.targetPortal) errors.push(required(`${field}.targetPortal`))
  errors.push(...(source.iqn ? validateIscsiName(`${field}.iqn`, source.iqn) : [required(`${field}.iqn`)]))
  errors.push(...invalidEach(`${field}.lun`, source.lun ?? 0, validateInRange(source.lun ?? 0, 0, 255)))
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    errors.push(required(`${field}.secretRef`))
  if (source.initiatorName !== undefined)
    errors.push(...validateIscsiName(`${field}.initiatorname`, source.initiatorName))
  return errors
}

export const validateFC: Check<FCVolumeSource> = (field, { targetWWNs = [], wwids = [], lun }) => {
  const errors: FieldError[] = []
  if (targetWWNs.length === 0 && wwids.length === 0)
    errors.push(required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  if (targetWWNs.length > 0 && wwids.length > 0)
    errors.push(
      invalidValue(`${field}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    )
  if (targetWWNs.length > 0)
    errors.push(
      ...(lun === undefined
        ? [required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
        : invalidEach(`${field}.lun`, lun, validateInRange(lun, 0, 255))),
    )
  return errors
}

export function validateCSIDriverName(field: string, driver: string): FieldError[] {
  if (!driver) return [required(field)]
  const errors = driver.length > 63 ? [tooLong(field, 63)] : []
  return [...errors, ...dns1123Subdomain(field, driver.toLowerCase())]
}

const validateSecretReference = (field: string, reference: SecretReference | undefined): FieldError[] =>
  reference
    ? [
        ...(reference.name ? dns1123Subdomain(`${field}.name`, reference.name) : [required(`${field}.name`)]),
        ...(reference.namespace
          ? dns1123Label(`${field}.namespace`, reference.namespace)
          : [required(`${field}.namespace`)]),
      ]
    : []

export const validateCSIPersistentVolume: Check<CSIPersistentVolumeSource> = (field, source) => [
  ...validateCSIDriverName(`${field}.driver`, source.driver),
  ...(source.volumeHandle ? [] : [required(`${field}.volumeHandle`)]),
  ...(
    ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const
  ).flatMap((name) => validateSecretReference(`${field}.${name}`, source[name])),
]

/** What the sources of removed and cloud plugins cannot do without; Kubernetes stores them, and no node mounts them. */
export const requiredByPlugin: Readonly<Record<string, readonly string[]>> = {
  awsElasticBlockStore: ['volumeID'],
  azureFile: ['secretName', 'shareName'],
  cephfs: ['monitors'],
  cinder: ['volumeID'],
  gitRepo: ['repository'],
  glusterfs: ['endpoints', 'path'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  rbd: ['monitors', 'image'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  vsphereVolume: ['volumePath'],
}

const isMissing = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

export function validatePluginSource(field: string, plugin: string, source: object): FieldError[] {
  const given = source as Readonly<Record<string, unknown>>
  return (requiredByPlugin[plugin] ?? [])
    .filter((name) => isMissing(given[name]))
    .map((name) => required(`${field}.${name}`))
}

export type SourceChecks<S> = { readonly [K in keyof S]-?: (field: string, source: NonNullable<S[K]>) => FieldError[] }

/** What upstream calls a source where it is one too many. */
const shownNames: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

/** `mayJoin` are sources that may stand beside one before them. */
interface OneSource {
  mayJoin?: readonly string[]
}

/** Exactly one source, and that one sound. Checks are tried in their order. */
export function validateOneSource<S extends object>(
  field: string,
  sources: S,
  checks: SourceChecks<S>,
  { mayJoin = [] }: OneSource = {},
): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const name of Object.keys(checks) as (keyof S & string)[]) {
    const source = sources[name]
    if (source === undefined || source === null) continue
    if (found > 0 && !mayJoin.includes(name))
      errors.push(forbiddenField(`${field}.${shownNames[name] ?? name}`, 'may not specify more than 1 volume type'))
    else errors.push(...checks[name](`${field}.${name}`, source as NonNullable<S[typeof name]>))
    found++
  }
  return found === 0 ? [required(field, 'must specify a volume type')] : errors
}

/** Turns the name of a plugin into the check of what it cannot do without. */
export const byPlugin =
  (plugin: string) =>
  (field: string, source: object): FieldError[] =>
    validatePluginSource(field, plugin, source)

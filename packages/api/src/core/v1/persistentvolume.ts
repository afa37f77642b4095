import {
  compareQuantities,
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  notSupported,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import {
  betaStorageClass,
  formatAccessModes,
  formatStorage,
  storageClassOf,
  validateAccessModes,
} from './access-modes.ts'
import { immutable, invalidEach, optionalOneOf } from './field-checks.ts'
import { validateNodeSelector } from './node-selector.ts'
import { phaseOf, volumeModes } from './persistentvolumeclaim.ts'
import {
  validateAzureDisk,
  validateFlexVolume,
  validateFlocker,
  validateGCEPersistentDisk,
  validateQuobyte,
  validateStorageOS,
} from './plugin-volumes.ts'
import { roundResourceList } from './resource-list.ts'
import type { PersistentVolume, PersistentVolumeSource, PersistentVolumeSpec, VolumeNodeAffinity } from './types.ts'
import { withoutBacksteps } from './volume-path.ts'
import {
  byPlugin,
  type SourceChecks,
  validateCSIPersistentVolume,
  validateFC,
  validateHostPath,
  validateISCSI,
  validateNFS,
  validateOneSource,
} from './volume-source.ts'

function defaults(volume: PersistentVolume): void {
  volume.spec ??= {}
  volume.status ??= {}
  volume.status.phase ||= 'Pending'
  volume.spec.persistentVolumeReclaimPolicy ||= 'Retain'
  volume.spec.volumeMode ??= 'Filesystem'
  const { hostPath, iscsi, rbd, azureDisk, scaleIO, capacity } = volume.spec
  roundResourceList(capacity)
  if (hostPath) hostPath.type ??= ''
  if (iscsi) iscsi.iscsiInterface ||= 'default'
  if (rbd) Object.assign(rbd, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring', ...rbd })
  if (azureDisk)
    Object.assign(azureDisk, {
      cachingMode: 'ReadWrite',
      fsType: 'ext4',
      readOnly: false,
      kind: 'Shared',
      ...azureDisk,
    })
  if (scaleIO) Object.assign(scaleIO, { storageMode: 'ThinProvisioned', fsType: 'xfs', ...scaleIO })
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

function prepareForCreate(volume: PersistentVolume): void {
  volume.status = { phase: 'Pending', lastPhaseTransitionTime: now() }
}

function prepareForUpdate(volume: PersistentVolume, old: PersistentVolume): void {
  volume.status = old.status
}

/** Whoever changes the phase need not tell the time of it. */
function prepareForStatusUpdate(volume: PersistentVolume, old: PersistentVolume): void {
  volume.spec = old.spec
  volume.status ??= {}
  const { status } = volume
  const before = old.status?.lastPhaseTransitionTime
  if (old.status?.phase === status.phase) status.lastPhaseTransitionTime ??= before
  else if (status.lastPhaseTransitionTime === undefined || status.lastPhaseTransitionTime === before)
    status.lastPhaseTransitionTime = now()
}

const sources: SourceChecks<PersistentVolumeSource> = {
  hostPath: validateHostPath,
  gcePersistentDisk: validateGCEPersistentDisk,
  awsElasticBlockStore: byPlugin('awsElasticBlockStore'),
  glusterfs: byPlugin('glusterfs'),
  flocker: validateFlocker,
  nfs: validateNFS,
  rbd: byPlugin('rbd'),
  quobyte: validateQuobyte,
  cephfs: byPlugin('cephfs'),
  iscsi: validateISCSI,
  cinder: byPlugin('cinder'),
  fc: validateFC,
  flexVolume: validateFlexVolume,
  azureFile: byPlugin('azureFile'),
  vsphereVolume: byPlugin('vsphereVolume'),
  photonPersistentDisk: byPlugin('photonPersistentDisk'),
  portworxVolume: byPlugin('portworxVolume'),
  azureDisk: validateAzureDisk,
  scaleIO: byPlugin('scaleIO'),
  local: (field, { path }) => (path ? withoutBacksteps(`${field}.path`, path) : [required(`${field}.path`)]),
  storageos: validateStorageOS,
  csi: validateCSIPersistentVolume,
}

const sourceOf = (spec: PersistentVolumeSpec): PersistentVolumeSource =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => Object.hasOwn(sources, name)))

function validateCapacity(field: string, { capacity = {} }: PersistentVolumeSpec): FieldError[] {
  const names = Object.keys(capacity)
  const errors = names.length === 0 ? [required(field)] : []
  if (!names.includes('storage') || names.length > 1)
    errors.push(notSupported(field, names.length === 0 ? null : capacity, ['storage']))
  for (const [name, quantity] of Object.entries(capacity)) {
    if (compareQuantities(quantity, '0') < 0)
      errors.push(invalidValue(`${field}[${name}]`, quantity, 'must be a valid resource quantity'))
    if (compareQuantities(quantity, '0') <= 0)
      errors.push(invalidValue(`${field}[${name}]`, quantity, 'must be greater than zero'))
  }
  return errors
}

function validateClasses(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  const { storageClassName, volumeAttributesClassName } = spec
  if (storageClassName)
    errors.push(
      ...invalidEach(`${field}.storageClassName`, storageClassName, nameIsDnsSubdomain(storageClassName, false)),
    )
  if (volumeAttributesClassName === undefined) return errors
  const at = `${field}.volumeAttributesClassName`
  errors.push(
    ...(volumeAttributesClassName === ''
      ? [required(at, 'an empty string is disallowed')]
      : invalidEach(at, volumeAttributesClassName, nameIsDnsSubdomain(volumeAttributesClassName, false))),
  )
  if (!spec.csi) errors.push(required(`${field}.csi`, 'has to be specified when using volumeAttributesClassName'))
  return errors
}

function validateNodeAffinity(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const { nodeAffinity } = spec
  const first = (Object.keys(sources) as (keyof typeof sources)[]).find((name) => spec[name] !== undefined)
  if (!nodeAffinity) return first === 'local' ? [required(field, 'Local volume requires node affinity')] : []
  return nodeAffinity.required
    ? validateNodeSelector(`${field}.required`, nodeAffinity.required)
    : [required(`${field}.required`, 'must specify required node constraints')]
}

/** What the spec of a volume may not say where it stands in an attachment. */
function validateInline(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const { claimRef, capacity = {}, csi, persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec
  const inline = 'in the context of inline volumes'
  const forbid = (name: string): FieldError => forbiddenField(`${field}.${name}`, `may not be specified ${inline}`)
  return [
    ...(claimRef ? [forbid('claimRef')] : []),
    ...(Object.keys(capacity).length > 0 ? [forbid('capacity')] : []),
    ...(csi ? [] : [required(`${field}.csi`, `has to be specified ${inline}`)]),
    ...(policy && policy !== 'Retain'
      ? [forbiddenField(`${field}.persistentVolumeReclaimPolicy`, `may only be Retain ${inline}`)]
      : []),
    ...(nodeAffinity ? [forbid('nodeAffinity')] : []),
  ]
}

function validateOwn(field: string, spec: PersistentVolumeSpec): FieldError[] {
  const policy = spec.persistentVolumeReclaimPolicy || undefined
  return [
    ...validateCapacity(`${field}.capacity`, spec),
    ...optionalOneOf(`${field}.persistentVolumeReclaimPolicy`, policy, ['Delete', 'Recycle', 'Retain']),
    ...validateNodeAffinity(`${field}.nodeAffinity`, spec),
  ]
}

/** The spec of a volume, or one that stands inline in an attachment. */
export function validateVolumeSpec(
  field: string,
  spec: PersistentVolumeSpec,
  place: 'volume' | 'inline',
): FieldError[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy, hostPath } = spec
  const errors = accessModes.length === 0 ? [required(`${field}.accessModes`)] : []
  errors.push(...validateAccessModes(`${field}.accessModes`, accessModes))
  errors.push(...(place === 'inline' ? validateInline(field, spec) : validateOwn(field, spec)))
  errors.push(...validateOneSource(field, sourceOf(spec), sources, { mayJoin: ['flexVolume'] }))
  if (policy === 'Recycle' && hostPath && /^\/+(\.\/*)*$/.test(hostPath.path))
    errors.push(
      forbiddenField(`${field}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"),
    )
  errors.push(...validateClasses(field, spec))
  return [...errors, ...optionalOneOf(`${field}.volumeMode`, spec.volumeMode, volumeModes)]
}

const validate = ({ spec }: PersistentVolume): FieldError[] => validateVolumeSpec('spec', spec, 'volume')

const stableLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** The old affinity, with each label that the new one calls by its stable name called so. */
function movedToStable(old: VolumeNodeAffinity, affinity: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const moved = structuredClone(old)
  for (const [at, term] of (moved.required?.nodeSelectorTerms ?? []).entries())
    for (const [index, each] of (term.matchExpressions ?? []).entries()) {
      const key = affinity?.required?.nodeSelectorTerms?.[at]?.matchExpressions?.[index]?.key
      if (key !== undefined && stableLabels[each.key] === key) each.key = key
    }
  return moved
}

function validateUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = validate(volume)
  const source = structuredClone(sourceOf(volume.spec))
  if (source.csi && old.spec.csi && !old.spec.csi.controllerExpandSecretRef) delete source.csi.controllerExpandSecretRef
  if (!semanticallyEqual(source, sourceOf(old.spec)))
    errors.push(
      forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
    )
  errors.push(...immutable('volumeMode', volume.spec.volumeMode, old.spec.volumeMode))
  const { nodeAffinity } = old.spec
  if (
    nodeAffinity &&
    !semanticallyEqual(volume.spec.nodeAffinity, movedToStable(nodeAffinity, volume.spec.nodeAffinity))
  )
    errors.push(
      invalidValue(
        'nodeAffinity',
        volume.spec.nodeAffinity ?? null,
        'field is immutable, except for updating from beta label to GA',
      ),
    )
  if (old.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined)
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  return errors
}

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  [betaStorageClass]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}

const removedSources: Readonly<Record<string, string>> = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}

function warnings({ metadata, spec }: PersistentVolume): string[] {
  const texts = Object.entries(deprecatedAnnotations)
    .filter(([key]) => Object.hasOwn(metadata.annotations ?? {}, key))
    .map(([key, text]) => `metadata.annotations[${key}]: ${text}`)
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    texts.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    )
  for (const [name, text] of Object.entries(removedSources))
    if (Object.hasOwn(spec, name)) texts.push(`spec.${name === 'storageos' ? 'storageOS' : name}: ${text}`)
  return texts
}

const claimOf = ({ spec: { claimRef } }: PersistentVolume): string =>
  claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''

export const persistentVolumes: ResourceDefinition<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  subresources: { status: true },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate,
  validate,
  validateUpdate,
  warnings,
  selectableFields: { name: ({ metadata }) => metadata.name },
  columns: [
    nameColumn,
    { name: 'Capacity', type: 'string', description: 'Size.', value: ({ spec }) => formatStorage(spec.capacity) },
    {
      name: 'Access Modes',
      type: 'string',
      description: 'How the volume may be mounted.',
      value: ({ spec }) => formatAccessModes(spec.accessModes),
    },
    {
      name: 'Reclaim Policy',
      type: 'string',
      description: 'What becomes of the volume when its claim goes.',
      value: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    },
    { name: 'Status', type: 'string', description: 'Phase of the volume.', value: phaseOf },
    { name: 'Claim', type: 'string', description: 'The claim it is bound to.', value: claimOf },
    { name: 'StorageClass', type: 'string', description: 'StorageClass of the pv', value: storageClassOf },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      description: 'VolumeAttributesClass of the pv',
      value: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
    },
    { name: 'Reason', type: 'string', description: 'Why it failed.', value: ({ status }) => status?.reason ?? '' },
    ageColumn,
    {
      name: 'VolumeMode',
      type: 'string',
      priority: 1,
      description: 'File system or block device.',
      value: ({ spec }) => spec.volumeMode ?? '<unset>',
    },
  ],
}

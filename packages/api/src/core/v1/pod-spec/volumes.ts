import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  required,
} from '@tandem/apimachinery'
import { validateTemplateMetadata } from '../../../meta/v1/template-metadata.ts'
import { dns1123Label, invalidEach, oneOf } from '../field-checks.ts'
import { validateClaimSpec } from '../persistentvolumeclaim.ts'
import {
  validateAzureDisk,
  validateFlexVolume,
  validateFlocker,
  validateGCEPersistentDisk,
  validateQuobyte,
  validateStorageOS,
} from '../plugin-volumes.ts'
import type {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  EphemeralVolumeSource,
  KeyToPath,
  SecretVolumeSource,
  Volume,
  VolumeSource,
} from '../types.ts'
import { descending, fileMode } from '../volume-path.ts'
import {
  byPlugin,
  type SourceChecks,
  validateCSIDriverName,
  validateFC,
  validateHostPath,
  validateISCSI,
  validateNFS,
  validateOneSource,
  validatePluginSource,
} from '../volume-source.ts'
import { validateProjected } from './projected-volume.ts'
import { isNegative } from './resources.ts'
import { validateDownwardFile, validateKeyToPath } from './volume-files.ts'

const validateItems = (field: string, items: readonly KeyToPath[] | undefined): FieldError[] =>
  (items ?? []).flatMap((item, i) => validateKeyToPath(`${field}[${i}]`, item))

const validateSecret = (field: string, { secretName, defaultMode, items }: SecretVolumeSource): FieldError[] => [
  ...(secretName ? [] : [required(`${field}.secretName`)]),
  ...fileMode(`${field}.defaultMode`, defaultMode),
  ...validateItems(`${field}.items`, items),
]

const validateConfigMap = (field: string, { name, defaultMode, items }: ConfigMapVolumeSource): FieldError[] => [
  ...(name ? [] : [required(`${field}.name`)]),
  ...fileMode(`${field}.defaultMode`, defaultMode),
  ...validateItems(`${field}.items`, items),
]

function validateCSI(field: string, { driver, nodePublishSecretRef: secret }: CSIVolumeSource): FieldError[] {
  const errors = validateCSIDriverName(`${field}.driver`, driver)
  if (!secret) return errors
  if (!secret.name) return [...errors, required(`${field}.nodePublishSecretRef.name`)]
  return [...errors, ...invalidEach(`${field}.name`, secret.name, nameIsDnsSubdomain(secret.name, false))]
}

function validateEphemeral(field: string, { volumeClaimTemplate: template }: EphemeralVolumeSource): FieldError[] {
  const at = `${field}.volumeClaimTemplate`
  if (!template) return [required(at)]
  return [
    ...validateTemplateMetadata(`${at}.metadata`, template.metadata),
    ...validateClaimSpec(`${at}.spec`, template.spec),
  ]
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never']

const sourceChecks = (of: 'pod' | 'template'): SourceChecks<VolumeSource> => ({
  emptyDir: (field, { sizeLimit }) =>
    sizeLimit !== undefined && isNegative(sizeLimit)
      ? [forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: validateHostPath,
  gitRepo: (field, source) => [
    ...validatePluginSource(field, 'gitRepo', source),
    ...descending(`${field}.directory`, source.directory ?? ''),
  ],
  gcePersistentDisk: validateGCEPersistentDisk,
  awsElasticBlockStore: byPlugin('awsElasticBlockStore'),
  secret: validateSecret,
  nfs: validateNFS,
  iscsi: validateISCSI,
  glusterfs: byPlugin('glusterfs'),
  flocker: validateFlocker,
  persistentVolumeClaim: (field, { claimName }) => (claimName ? [] : [required(`${field}.claimName`)]),
  rbd: byPlugin('rbd'),
  cinder: byPlugin('cinder'),
  cephfs: byPlugin('cephfs'),
  quobyte: validateQuobyte,
  downwardAPI: (field, { defaultMode, items }) => [
    ...fileMode(`${field}.defaultMode`, defaultMode),
    ...(items ?? []).flatMap((file) => validateDownwardFile(field, file)),
  ],
  fc: validateFC,
  flexVolume: validateFlexVolume,
  configMap: validateConfigMap,
  azureFile: byPlugin('azureFile'),
  vsphereVolume: byPlugin('vsphereVolume'),
  photonPersistentDisk: byPlugin('photonPersistentDisk'),
  portworxVolume: byPlugin('portworxVolume'),
  azureDisk: validateAzureDisk,
  storageos: validateStorageOS,
  projected: validateProjected,
  scaleIO: byPlugin('scaleIO'),
  csi: validateCSI,
  ephemeral: validateEphemeral,
  image: (field, { reference, pullPolicy }) => [
    ...(of === 'pod' && !reference ? [required(`${field}.reference`)] : []),
    ...oneOf(`${field}.pullPolicy`, pullPolicy, pullPolicies),
  ],
})

const checksOf = { pod: sourceChecks('pod'), template: sourceChecks('template') }

/** The volumes of a pod that are sound, by name: what containers may mount. */
export interface CheckedVolumes {
  errors: FieldError[]
  sound: ReadonlyMap<string, Volume>
}

interface VolumeRules {
  of: 'pod' | 'template'
  name?: string | undefined
}

/** An ephemeral volume's claim is named `<pod>-<volume>`; nothing else may claim that claim. */
function validateEphemeralNames(field: string, volumes: readonly Volume[], pod: string): FieldError[] {
  const made = volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${pod}-${name}`)
  return volumes.flatMap(({ name, ephemeral, persistentVolumeClaim: claim }, i) => {
    if (ephemeral)
      return nameIsDnsSubdomain(`${pod}-${name}`, false).map((fault) =>
        invalidValue(`${field}[${i}].name`, name, `PVC name "${pod}-${name}": ${fault}`),
      )
    if (!claim || !made.includes(claim.claimName)) return []
    return [
      invalidValue(
        `${field}[${i}].persistentVolumeClaim.claimName`,
        claim.claimName,
        'must not reference a PVC that gets created for an ephemeral volume',
      ),
    ]
  })
}

export function validateVolumes(
  field: string,
  volumes: readonly Volume[] | undefined,
  { of, name: pod }: VolumeRules,
): CheckedVolumes {
  const checks = checksOf[of]
  const sound = new Map<string, Volume>()
  const errors: FieldError[] = []
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${field}[${i}]`
    const found = validateOneSource<VolumeSource>(at, volume, checks)
    found.push(...(volume.name ? dns1123Label(`${at}.name`, volume.name) : [required(`${at}.name`)]))
    if (sound.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name))
    if (found.length === 0) sound.set(volume.name, volume)
    errors.push(...found)
  }
  if (pod) errors.push(...validateEphemeralNames(field, volumes ?? [], pod))
  return { errors, sound }
}

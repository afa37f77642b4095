import { type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { dns1123Label, optionalOneOf } from './field-checks.ts'
import type {
  AzureDiskVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
} from './types.ts'

/** Sources of plugins that are gone, or drivers' now, and that ask for more than that a field be there. */

export function validateFlocker(
  field: string,
  { datasetName = '', datasetUUID = '' }: FlockerVolumeSource,
): FieldError[] {
  const errors: FieldError[] = []
  if (!datasetName && !datasetUUID) errors.push(required(field, 'one of datasetName and datasetUUID is required'))
  if (datasetName && datasetUUID)
    errors.push(invalidValue(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  if (datasetName.includes('/')) errors.push(invalidValue(`${field}.datasetName`, datasetName, "must not contain '/'"))
  return errors
}

const pairs = 'must be a host:port pair or multiple pairs separated by commas'
const isHostPort = (text: string): boolean => /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text)

export function validateQuobyte(field: string, { registry, tenant = '', volume }: QuobyteVolumeSource): FieldError[] {
  const errors: FieldError[] = []
  if (!registry) errors.push(required(`${field}.registry`, pairs))
  else if (tenant.length >= 65)
    errors.push(required(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  else
    for (const pair of registry.split(','))
      if (!isHostPort(pair)) errors.push(invalidValue(`${field}.registry`, registry, pairs))
  return volume ? errors : [...errors, required(`${field}.volume`)]
}

export function validateFlexVolume(field: string, { driver, options = {} }: Omit<FlexVolumeSource, 'secretRef'>) {
  const reserved = Object.keys(options).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${(key.includes('/') ? key.split('/')[0] : key)?.toLowerCase()}`),
  )
  return [
    ...(driver ? [] : [required(`${field}.driver`)]),
    ...reserved.map((key) =>
      invalidValue(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
    ),
  ]
}

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function validateAzureDisk(field: string, source: AzureDiskVolumeSource): FieldError[] {
  const { diskName, diskURI = '', cachingMode, kind } = source
  const [start, form] = kind === 'Managed' ? ['/subscriptions/', managedDisk] : ['https://', blobDisk]
  return [
    ...(diskName ? [] : [required(`${field}.diskName`)]),
    ...(diskURI ? [] : [required(`${field}.diskURI`)]),
    ...optionalOneOf(`${field}.cachingMode`, cachingMode, ['None', 'ReadOnly', 'ReadWrite']),
    ...optionalOneOf(`${field}.kind`, kind, ['Dedicated', 'Managed', 'Shared']),
    ...(kind !== undefined && !diskURI.startsWith(start) ? [notSupported(`${field}.diskURI`, diskURI, [form])] : []),
  ]
}

export function validateStorageOS(
  field: string,
  source: Omit<StorageOSVolumeSource, 'secretRef'> & { secretRef?: { name?: string; namespace?: string } },
): FieldError[] {
  const { volumeName, volumeNamespace, secretRef } = source
  return [
    ...(volumeName ? dns1123Label(`${field}.volumeName`, volumeName) : [required(`${field}.volumeName`)]),
    ...(volumeNamespace ? dns1123Label(`${field}.volumeNamespace`, volumeNamespace) : []),
    ...(secretRef && !secretRef.name ? [required(`${field}.secretRef.name`)] : []),
  ]
}

/** Upstream tells of what is wrong with it under a name that the field does not have. */
export function validateGCEPersistentDisk(field: string, source: GCEPersistentDiskVolumeSource): FieldError[] {
  const at = field.replace(/gcePersistentDisk$/, 'persistentDisk')
  const { pdName, partition = 0 } = source
  return [
    ...(pdName ? [] : [required(`${at}.pdName`)]),
    ...(partition < 0 || partition > 255
      ? [invalidValue(`${at}.partition`, partition, 'must be between 0 and 255, inclusive')]
      : []),
  ]
}

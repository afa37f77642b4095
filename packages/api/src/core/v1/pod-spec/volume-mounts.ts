import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundField,
  notSupported,
  required,
} from '@tandem/apimachinery'
import { optionalOneOf } from '../field-checks.ts'
import type { Container, EphemeralContainer, Volume, VolumeDevice, VolumeMount } from '../types.ts'
import { descending, withoutBacksteps } from '../volume-path.ts'

type Volumes = ReadonlyMap<string, Volume>
type AnyContainer = Container | EphemeralContainer

/** Upstream names these without the mount's index, which clients may have learned. */
function validatePropagation(
  field: string,
  { mountPropagation: mode }: VolumeMount,
  container: AnyContainer,
): FieldError[] {
  const errors = optionalOneOf(`${field}.mountPropagation`, mode, ['Bidirectional', 'HostToContainer', 'None'])
  if (mode === 'Bidirectional' && !container.securityContext?.privileged)
    errors.push(
      forbiddenField(
        `${field}.mountPropagation`,
        'Bidirectional mount propagation is available only to privileged containers',
      ),
    )
  return errors
}

function validateRecursiveReadOnly(field: string, mount: VolumeMount): FieldError[] {
  const { recursiveReadOnly: mode, readOnly, mountPropagation } = mount
  if (mode === undefined || mode === 'Disabled') return []
  if (mode !== 'Enabled' && mode !== 'IfPossible')
    return [notSupported(field, mode, ['Disabled', 'Enabled', 'IfPossible'])]
  const errors: FieldError[] = []
  if (!readOnly) errors.push(forbiddenField(field, 'may only be specified when readOnly is true'))
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbiddenField(field, 'may only be specified when mountPropagation is None or not specified'))
  return errors
}

export function validateVolumeMounts(field: string, container: AnyContainer, volumes: Volumes): FieldError[] {
  const mountPaths = new Set<string>()
  const devices = container.volumeDevices ?? []
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const at = `${field}[${i}]`
    const { name, mountPath, subPath, subPathExpr } = mount
    const errors = name ? [] : [required(`${at}.name`)]
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name))
    if (!mountPath) errors.push(required(`${at}.mountPath`))
    if (mountPaths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'))
    mountPaths.add(mountPath)
    if (devices.some((device) => device.name === name))
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'))
    if (devices.some(({ devicePath }) => devicePath === mountPath))
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    if (subPath) errors.push(...descending(`${field}.subPath`, subPath))
    if (subPathExpr) {
      if (subPath)
        errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...descending(`${field}.subPathExpr`, subPathExpr))
    }
    errors.push(...validatePropagation(field, mount, container))
    return [...errors, ...validateRecursiveReadOnly(`${field}.recursiveReadOnly`, mount)]
  })
}

const isClaim = ({ persistentVolumeClaim, ephemeral }: Volume): boolean => Boolean(persistentVolumeClaim ?? ephemeral)

/** The first to use a name or a path is right, the others repeat it. */
const repeats = (devices: readonly VolumeDevice[], i: number, part: keyof VolumeDevice): boolean =>
  devices.findIndex((device) => device[part] === devices[i]?.[part]) < i

export function validateVolumeDevices(field: string, container: AnyContainer, volumes: Volumes): FieldError[] {
  const devices = container.volumeDevices ?? []
  const mounts = container.volumeMounts ?? []
  return devices.flatMap(({ name, devicePath }, i) => {
    const at = `${field}[${i}]`
    const volume = volumes.get(name)
    const errors = name ? [] : [required(`${at}.name`)]
    if (name && repeats(devices, i, 'name')) errors.push(invalidValue(`${at}.name`, name, 'must be unique'))
    if (!volume) errors.push(notFoundField(`${at}.name`, name))
    else if (!isClaim(volume))
      errors.push(
        invalidValue(
          `${at}.name`,
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      )
    if (!devicePath) errors.push(required(`${at}.devicePath`))
    if (repeats(devices, i, 'devicePath')) errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must be unique'))
    if (devicePath && withoutBacksteps('', devicePath).length > 0)
      errors.push(invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"))
    if (mounts.some((mount) => mount.name === name))
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'))
    if (mounts.some(({ mountPath }) => mountPath === devicePath))
      errors.push(invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'))
    return errors
  })
}

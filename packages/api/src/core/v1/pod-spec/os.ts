import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '@tandem/apimachinery'
import type { PodSpec } from '../types.ts'
import { containersWithPath } from './paths.ts'

const linuxOnlyOfPod = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const linuxOnlyOfSpec = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const linuxOnlyOfContainer = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

function validateWindows(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (at: string): number => errors.push(forbiddenField(at, 'cannot be set for a windows pod'))
  for (const name of linuxOnlyOfPod)
    if (spec.securityContext?.[name] !== undefined) refuse(`${field}.securityContext.${name}`)
  for (const name of linuxOnlyOfSpec) if (spec[name] !== undefined) refuse(`${field}.${name}`)
  for (const { field: at, container } of containersWithPath(field, spec))
    for (const name of linuxOnlyOfContainer)
      if (container.securityContext?.[name] !== undefined) refuse(`${at}.securityContext.${name}`)
  return errors
}

function validateLinux(field: string, spec: PodSpec): FieldError[] {
  const detail = 'windows options cannot be set for a linux pod'
  const errors: FieldError[] = []
  if (spec.securityContext?.windowsOptions)
    errors.push(forbiddenField(`${field}.securityContext.windowsOptions`, detail))
  for (const { field: at, container } of containersWithPath(field, spec))
    if (container.securityContext?.windowsOptions)
      errors.push(forbiddenField(`${at}.securityContext.windowsOptions`, detail))
  return errors
}

export function validateOS(field: string, spec: PodSpec): FieldError[] {
  const { os } = spec
  if (!os) return []
  if (!os.name) return [required(`${field}.os.name`)]
  if (os.name === 'linux') return validateLinux(field, spec)
  if (os.name === 'windows') return validateWindows(field, spec)
  return [notSupported(`${field}.os`, os.name, ['linux', 'windows'])]
}

/** Containers that are processes of a Windows host: all of a pod's or none. */
export function validateHostProcess(field: string, spec: PodSpec): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const errors: FieldError[] = []
  const containers = containersWithPath(field, spec)
  let hostProcesses = 0
  for (const { field: at, container } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own)
      errors.push(
        invalidValue(
          `${at}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      )
    if (own ?? ofPod) hostProcesses++
  }
  if (hostProcesses === 0) return errors
  if (hostProcesses !== containers.length)
    errors.push(
      invalidValue(
        field,
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    )
  if (!spec.hostNetwork)
    errors.push(
      invalidValue(
        `${field}.hostNetwork`,
        false,
        'hostNetwork must be true if pod contains any hostProcess containers',
      ),
    )
  return errors
}

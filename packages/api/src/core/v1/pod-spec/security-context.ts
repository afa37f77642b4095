import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
  validateDns1123Subdomain,
  validateGroupId,
  validateUserId,
} from '@tandem/apimachinery'
import { invalidEach, optionalOneOf } from '../field-checks.ts'
import type {
  AppArmorProfile,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '../types.ts'
import { descending } from '../volume-path.ts'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']
const longestPath = 4095

function validateSeccomp(field: string, profile: SeccompProfile | undefined): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile } = profile
  const errors: FieldError[] = []
  if (!type) errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'))
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${field}.type`, type, profileTypes))
  const at = `${field}.localhostProfile`
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? errors
      : [...errors, invalidValue(at, profile, 'can only be set when seccomp type is Localhost')]
  return localhostProfile === undefined
    ? [...errors, required(at, 'must be set when seccomp type is Localhost')]
    : [...errors, ...descending(at, localhostProfile)]
}

function validateAppArmor(field: string, profile: AppArmorProfile | undefined): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile: name } = profile
  const at = `${field}.localhostProfile`
  if (!type) return [required(`${field}.type`, 'type is required when appArmorProfile is set')]
  if (!profileTypes.includes(type)) return [notSupported(`${field}.type`, type, profileTypes)]
  if (type !== 'Localhost')
    return name === undefined ? [] : [invalidValue(at, name, 'can only be set when AppArmor type is Localhost')]
  if (!name) return [required(at, 'must be set when AppArmor type is Localhost')]
  const errors = name === name.trim() ? [] : [invalidValue(at, name, 'must not be padded with whitespace')]
  return name.length > longestPath ? [...errors, tooLong(at, longestPath)] : errors
}

/** Windows pods are stored and checked, though no Linux node takes them. */
function validateWindowsOptions(field: string, options: WindowsSecurityContextOptions | undefined): FieldError[] {
  if (!options) return []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options
  const errors: FieldError[] = []
  if (name !== undefined)
    errors.push(...invalidEach(`${field}.gmsaCredentialSpecName`, name, validateDns1123Subdomain(name)))
  if (spec === '')
    errors.push(invalidValue(`${field}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'))
  else if (spec !== undefined && Buffer.byteLength(spec) > 64 * 1024)
    errors.push(invalidValue(`${field}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec size must be under 64 KiB'))
  if (user === '') errors.push(invalidValue(`${field}.runAsUserName`, user, 'runAsUserName cannot be an empty string'))
  else if (user !== undefined && user.split('\\').length > 2)
    errors.push(invalidValue(`${field}.runAsUserName`, user, 'runAsUserName cannot contain more than one backslash'))
  return errors
}

interface Ids {
  runAsUser?: number
  runAsGroup?: number
  fsGroup?: number
}

const validateIds = (field: string, { runAsUser, runAsGroup, fsGroup }: Ids): FieldError[] => [
  ...(fsGroup === undefined ? [] : invalidEach(`${field}.fsGroup`, fsGroup, validateGroupId(fsGroup))),
  ...(runAsUser === undefined ? [] : invalidEach(`${field}.runAsUser`, runAsUser, validateUserId(runAsUser))),
  ...(runAsGroup === undefined ? [] : invalidEach(`${field}.runAsGroup`, runAsGroup, validateGroupId(runAsGroup))),
]

export function validateSecurityContext(
  field: string,
  context: SecurityContext | undefined,
  hostUsers: boolean | undefined,
): FieldError[] {
  if (!context) return []
  const { procMount, privileged, allowPrivilegeEscalation, capabilities } = context
  const errors = validateIds(field, context)
  errors.push(...optionalOneOf(`${field}.procMount`, procMount, ['Default', 'Unmasked']))
  if (procMount === 'Unmasked' && hostUsers !== false)
    errors.push(invalidValue(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'))
  errors.push(...validateSeccomp(`${field}.seccompProfile`, context.seccompProfile))
  if (allowPrivilegeEscalation === false) {
    if (privileged)
      errors.push(
        invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
      )
    if (capabilities?.add?.includes('CAP_SYS_ADMIN'))
      errors.push(
        invalidValue(
          field,
          context,
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        ),
      )
  }
  errors.push(...validateWindowsOptions(`${field}.windowsOptions`, context.windowsOptions))
  return [...errors, ...validateAppArmor(`${field}.appArmorProfile`, context.appArmorProfile)]
}

const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/
const longestSysctl = 253
const ipcSysctl = /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/

function validateSysctls(field: string, { securityContext, hostNetwork, hostIPC }: PodSpec): FieldError[] {
  const sysctls = securityContext?.sysctls ?? []
  return sysctls.flatMap(({ name }, i) => {
    const at = `${field}[${i}].name`
    const errors: FieldError[] = []
    if (!name) errors.push(required(at))
    else if (name.length > longestSysctl || !sysctlName.test(name))
      errors.push(
        invalidValue(
          at,
          name,
          `must have at most ${longestSysctl} characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
        ),
      )
    else if (sysctls.findIndex((other) => other.name === name) < i) errors.push(duplicate(at, name))
    if (hostNetwork && /^net[./]/.test(name))
      errors.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"))
    else if (hostIPC && ipcSysctl.test(name))
      errors.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"))
    return errors
  })
}

export function validatePodSecurityContext(field: string, spec: PodSpec): FieldError[] {
  const context = spec.securityContext
  if (!context) return []
  const errors = validateIds(field, context)
  for (const [i, gid] of (context.supplementalGroups ?? []).entries())
    errors.push(...invalidEach(`${field}.supplementalGroups[${i}]`, gid, validateGroupId(gid)))
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(
      invalidValue(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    )
  errors.push(...validateSysctls(`${field}.sysctls`, spec))
  errors.push(
    ...optionalOneOf(`${field}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
  )
  errors.push(...validateSeccomp(`${field}.seccompProfile`, context.seccompProfile))
  errors.push(...validateWindowsOptions(`${field}.windowsOptions`, context.windowsOptions))
  errors.push(...validateAppArmor(`${field}.appArmorProfile`, context.appArmorProfile))
  errors.push(
    ...optionalOneOf(`${field}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
  )
  return [...errors, ...optionalOneOf(`${field}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['Recursive'])]
}

/** A pod with users of its own shares no other namespace of the host. */
export function validateHostUsers(field: string, spec: PodSpec): FieldError[] {
  if (spec.hostUsers !== false) return []
  const detail = 'when `hostUsers` is false'
  const errors: FieldError[] = []
  if (spec.hostNetwork) errors.push(forbiddenField(`${field}.hostNetwork`, detail))
  if (spec.hostPID) errors.push(forbiddenField(`${field}.HostPID`, detail))
  if (spec.hostIPC) errors.push(forbiddenField(`${field}.HostIPC`, detail))
  return errors
}

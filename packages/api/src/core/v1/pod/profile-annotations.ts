import { type FieldError, forbiddenField, semanticallyEqual } from '@tandem/apimachinery'
import { containersWithPath } from '../pod-spec/paths.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile } from '../types.ts'

/** How AppArmor and seccomp profiles were chosen before there were fields for them. */
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
export const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
export const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod'
const localhost = 'localhost/'

type Annotations = Readonly<Record<string, string>>
type Profile = AppArmorProfile | SeccompProfile

/** The field that says what the annotation does; none for an annotation that makes no sense. */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhostProfile = annotation.startsWith(localhost) ? annotation.slice(localhost.length) : ''
  const isSound = localhostProfile !== '' && localhostProfile === localhostProfile.trim()
  return isSound ? { type: 'Localhost', localhostProfile } : undefined
}

/** Copies annotations into the fields of containers that have none and do not inherit the same from the pod. */
export function syncAppArmorProfiles(annotations: Annotations | undefined, spec: PodSpec): void {
  if (spec.os?.name === 'windows') return
  for (const { container } of containersWithPath('', spec)) {
    const annotation = annotations?.[`${appArmorPrefix}${container.name}`]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = appArmorProfileOf(annotation)
    if (!profile || semanticallyEqual(profile, spec.securityContext?.appArmorProfile)) continue
    container.securityContext = { ...container.securityContext, appArmorProfile: profile }
  }
}

const annotationsOf: Readonly<Record<string, readonly string[]>> = {
  Unconfined: ['unconfined'],
  RuntimeDefault: ['runtime/default', 'docker/default'],
}

function validateMatch(
  field: string,
  kind: 'apparmor' | 'seccomp',
  annotation: string,
  profile: Profile,
): FieldError[] {
  const type = [forbiddenField(`${field}.type`, `${kind} type in annotation and field must match`)]
  if (profile.type !== 'Localhost') return annotationsOf[profile.type]?.includes(annotation) === false ? type : []
  if (!annotation.startsWith(localhost)) return type
  return annotation.slice(localhost.length) === profile.localhostProfile
    ? []
    : [forbiddenField(`${field}.localhostProfile`, `${kind} profile in annotation and field must match`)]
}

/** Where both annotation and field are given they must say the same. */
export function validateProfilesMatch(
  field: string,
  annotations: Annotations | undefined,
  spec: PodSpec,
): FieldError[] {
  const ofPod = spec.securityContext ?? {}
  const errors: FieldError[] = []
  const podSeccomp = annotations?.[seccompOfPod]
  if (podSeccomp !== undefined && ofPod.seccompProfile)
    errors.push(
      ...validateMatch(`${field}.securityContext.seccompProfile`, 'seccomp', podSeccomp, ofPod.seccompProfile),
    )
  for (const { field: at, container } of containersWithPath(field, spec)) {
    const own = container.securityContext ?? {}
    const seccomp = annotations?.[`${seccompPrefix}${container.name}`]
    if (seccomp !== undefined && own.seccompProfile)
      errors.push(...validateMatch(`${at}.securityContext.seccompProfile`, 'seccomp', seccomp, own.seccompProfile))
    const appArmor = annotations?.[`${appArmorPrefix}${container.name}`]
    const profile = own.appArmorProfile ?? ofPod.appArmorProfile
    if (appArmor !== undefined && profile && spec.os?.name !== 'windows')
      errors.push(...validateMatch(`${at}.securityContext.appArmorProfile`, 'apparmor', appArmor, profile))
  }
  return errors
}

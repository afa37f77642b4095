import { type FieldError, forbiddenField, invalidValue } from '@tandem/apimachinery'
import { containersWithPath } from '../pod-spec/paths.ts'
import type { Pod, PodSpec } from '../types.ts'
import { descending } from '../volume-path.ts'
import { appArmorPrefix, seccompOfPod, seccompPrefix } from './profile-annotations.ts'

/** The kubelet's own pods, which come from files, have a mirror in the API. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror'
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

type Annotations = Readonly<Record<string, string>>

function validateSeccompAnnotation(field: string, profile: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  return profile.startsWith('localhost/')
    ? descending(field, profile.slice('localhost/'.length))
    : [invalidValue(field, profile, 'must be a valid seccomp profile')]
}

const isInt32 = (value: string): boolean =>
  /^(0|-?[1-9][0-9]*)$/.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31

/** Annotations that mean something to Kubernetes. */
export function validatePodAnnotations(field: string, annotations: Annotations, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const names = containersWithPath('', spec).map(({ container }) => container.name)
  for (const [key, value] of Object.entries(annotations)) {
    const at = `${field}[${key}]`
    if (key === mirrorAnnotation && !spec.nodeName)
      errors.push(invalidValue(at, value, 'must set spec.nodeName if mirror pod annotation is set'))
    if (key === deletionCost && !isInt32(value)) errors.push(invalidValue(at, value, 'must be a 32bit integer'))
    if (key === seccompOfPod || key.startsWith(seccompPrefix))
      errors.push(...validateSeccompAnnotation(`${field}.${key}`, value))
    if (!key.startsWith(appArmorPrefix)) continue
    const name = key.slice(appArmorPrefix.length)
    if (!names.includes(name)) errors.push(invalidValue(at, name, 'container not found'))
    if (!['', 'runtime/default', 'unconfined'].includes(value) && !value.startsWith('localhost/'))
      errors.push(invalidValue(at, value, `invalid AppArmor profile name: "${value}"`))
  }
  return errors
}

/** What a running pod's containers were started by cannot be written differently afterwards. */
export function validatePodAnnotationChanges(field: string, pod: Pod, old: Pod): FieldError[] {
  const now = pod.metadata.annotations ?? {}
  const before = old.metadata.annotations ?? {}
  const errors: FieldError[] = []
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (now[key] === before[key]) continue
    const change = before[key] === undefined ? 'add' : 'remove or update'
    if (key.startsWith(appArmorPrefix))
      errors.push(forbiddenField(`${field}[${key}]`, `may not ${change} AppArmor annotations`))
    if (key === mirrorAnnotation)
      errors.push(forbiddenField(`${field}[${key}]`, `may not ${change} mirror pod annotation`))
  }
  return errors
}

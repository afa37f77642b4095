import { type FieldError, forbiddenField, invalidValue, semanticallyEqual } from '@tandem/apimachinery'
import { isRestartableInitContainer } from '../pod-resources.ts'
import { computeQOSClass, qosClassOf } from '../qos-class.ts'
import type { ResourceList } from '../resource-list.ts'
import type { Container, Pod, ResourceRequirements } from '../types.ts'
import { mirrorAnnotation } from './annotations.ts'
import { validatePod } from './validation.ts'

const names = (containers: readonly Container[] | undefined): string[] => (containers ?? []).map(({ name }) => name)

/** The old containers with the new ones' resources; a list with other containers is left for validation to refuse. */
function onlyResources(now: readonly Container[] | undefined, old: readonly Container[] | undefined): Container[] {
  if (!semanticallyEqual(names(now), names(old))) return [...(now ?? [])]
  return (old ?? []).map((container, i) => {
    const { resources, resizePolicy } = now?.[i] ?? {}
    const next: Container = { ...container, resources }
    if (resizePolicy) next.resizePolicy = resizePolicy
    else delete next.resizePolicy
    return next
  })
}

/** `pods/resize` changes resources and their policies, whatever else it is sent. */
export function prepareForResize(pod: Pod, old: Pod): void {
  const { containers, initContainers, resources } = pod.spec
  pod.spec = { ...old.spec, resources, containers: onlyResources(containers, old.spec.containers) }
  if (initContainers || old.spec.initContainers)
    pod.spec.initContainers = onlyResources(initContainers, old.spec.initContainers)
  pod.status = old.status
}

function validateOrder(list: 'containers' | 'initContainers', pod: Pod, old: Pod): FieldError[] {
  const now = names(pod.spec[list])
  const before = names(old.spec[list])
  if (now.length !== before.length)
    return [forbiddenField(`spec.${list}`, `${list} may not be added or removed on resize`)]
  return before.flatMap((name, i) =>
    now[i] === name
      ? []
      : [forbiddenField(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)],
  )
}

const removed = (now: Readonly<ResourceList> = {}, before: Readonly<ResourceList> = {}): boolean =>
  Object.keys(before).some((name) => !Object.hasOwn(now, name))

function validateNothingRemoved(
  field: string,
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  what: string,
): FieldError[] {
  return [
    ...(removed(now?.requests, before?.requests)
      ? [forbiddenField(`${field}.requests`, `${what} requests cannot be removed`)]
      : []),
    ...(removed(now?.limits, before?.limits)
      ? [forbiddenField(`${field}.limits`, `${what} limits cannot be removed`)]
      : []),
  ]
}

const isResizable = (name: string): boolean => name === 'cpu' || name === 'memory'
const fixed = (list: Readonly<ResourceList> | undefined): ResourceList =>
  Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !isResizable(name)))

/** Apart from CPU and memory nothing may differ. */
const sameButComputing = (a: ResourceRequirements | undefined, b: ResourceRequirements | undefined): boolean =>
  semanticallyEqual(fixed(a?.limits), fixed(b?.limits)) &&
  semanticallyEqual(fixed(a?.requests), fixed(b?.requests)) &&
  semanticallyEqual(a?.claims, b?.claims)

function validateContainers(pod: Pod, old: Pod): FieldError[] {
  return old.spec.containers.flatMap((before, i) => {
    const now = pod.spec.containers[i]
    return [
      ...validateNothingRemoved(`spec.containers[${i}].resources`, now?.resources, before.resources, 'resource'),
      ...(sameButComputing(now?.resources, before.resources)
        ? []
        : [forbiddenField('spec', 'only cpu and memory resources are mutable')]),
    ]
  })
}

function validateInitContainers(pod: Pod, old: Pod): FieldError[] {
  return (old.spec.initContainers ?? []).flatMap((before, i) => {
    const field = `spec.initContainers[${i}]`
    const now = pod.spec.initContainers?.[i]
    if (!isRestartableInitContainer(before))
      return semanticallyEqual(now, before)
        ? []
        : [forbiddenField('spec', 'resources for non-sidecar init containers are immutable')]
    return [
      ...validateNothingRemoved(`${field}.resources`, now?.resources, before.resources, 'resource'),
      ...(sameButComputing(now?.resources, before.resources)
        ? []
        : [forbiddenField(field, 'only cpu and memory resources for init or sidecar containers are mutable')]),
    ]
  })
}

function validatePodLevel({ spec }: Pod, old: Pod): FieldError[] {
  const before = old.spec.resources
  if (!before && !spec.resources) return []
  if (before && !spec.resources) return [forbiddenField('spec.resources', 'pod-level resources cannot be removed')]
  return [
    ...validateNothingRemoved('spec.resources', spec.resources, before, 'pod-level resource'),
    ...(sameButComputing(spec.resources, before)
      ? []
      : [forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level')]),
  ]
}

export function validateResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenField('[]', 'static pods cannot be resized')]
  if (old.spec.os?.name === 'windows') return [forbiddenField('[]', 'windows pods cannot be resized')]
  const errors = validatePod(pod)
  if (qosClassOf(old) !== computeQOSClass(pod))
    errors.push(
      invalidValue('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'),
    )
  errors.push(...validatePodLevel(pod, old))
  const order = [...validateOrder('containers', pod, old), ...validateOrder('initContainers', pod, old)]
  if (order.length > 0) return [...errors, ...order]
  return [...errors, ...validateContainers(pod, old), ...validateInitContainers(pod, old)]
}

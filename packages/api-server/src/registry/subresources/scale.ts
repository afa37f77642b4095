import type { Scale } from '@tandem/api/autoscaling/v1/types'
import {
  apiVersionOf,
  invalid,
  invalidValue,
  type KubernetesObject,
  type LabelSelector,
  printLabelSelector,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { applyJsonPatch } from '@tandem/apimachinery/patch/json'
import { applyMergePatch } from '@tandem/apimachinery/patch/merge'
import { admissionRequest, type Handler, keyOfRequest, type ResourceRequest } from '../../handlers/handler.ts'
import { managedByUpdate } from '../../handlers/managed-fields.ts'
import { patchParameters, type WriteParameters, writeParameters } from '../../handlers/options.ts'
import { patchBody, patchTypeOf } from '../../handlers/patch-body.ts'
import { updateRequest } from '../../handlers/update.ts'
import { sendObject } from '../../request/respond.ts'
import { decodeSubresource } from './decode.ts'

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', schema: 'io.k8s.api.autoscaling.v1.Scale' }

/** `scale`: the number of replicas of any resource that has one, under one form. */
export const getScale: Handler = async (resource) => {
  const entry = await resource.store.get(keyOfRequest(resource))
  sendObject(resource.request, resource.reply, 200, scaleOf(entry.object(), resource.definition))
}

export const updateScale: Handler = async (resource) => {
  const { object } = decodeSubresource<Scale>(resource, scaleKind)
  await write(resource, writeParameters(resource.kube, 'UpdateOptions'), () => object)
}

export const patchScale: Handler = async (resource) => {
  const { kube, request } = resource
  const type = patchTypeOf(request.headers['content-type'], resource.definition)
  const parameters = patchParameters(kube, { apply: type === 'apply' })
  const body = patchBody(request.body as Buffer | undefined, type).value
  await write(resource, parameters, (scale) =>
    type === 'json' ? applyJsonPatch(scale, body) : applyMergePatch(scale, body),
  )
}

async function write(
  resource: ResourceRequest,
  parameters: WriteParameters,
  change: (scale: Scale) => Scale,
): Promise<void> {
  const { store, definition, services, request, reply } = resource
  const { entry } = await store.update(
    keyOfRequest(resource),
    async (current) => {
      const object = current as KubernetesObject
      const old = structuredClone(object)
      const scale = change(scaleOf(object, definition))
      const replicas = scale.spec?.replicas ?? 0
      if (replicas < 0)
        throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [
          invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
        ])
      if (scale.metadata.resourceVersion) object.metadata.resourceVersion = scale.metadata.resourceVersion
      setPath(object, definition.subresources?.scale?.specReplicasPath ?? '', replicas)
      const { dryRun } = parameters
      await services.admission.admit(
        admissionRequest(resource, { operation: 'UPDATE', object, oldObject: old, dryRun }),
      )
      managedByUpdate(resource, { object, old, parameters })
      return object
    },
    { ...updateRequest(resource, parameters), subresource: undefined },
  )
  sendObject(request, reply, 200, scaleOf(entry.object(), definition))
}

export function scaleOf(object: KubernetesObject, definition: ResourceDefinition): Scale {
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath } = definition.subresources?.scale ?? {}
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = labelSelectorPath === undefined ? undefined : selectorText(valueAt(object, labelSelectorPath))
  return {
    kind: 'Scale',
    apiVersion: apiVersionOf(scaleKind),
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(valueAt(object, specReplicasPath) ?? 0) },
    status: { replicas: Number(valueAt(object, statusReplicasPath) ?? 0), ...(selector && { selector }) },
  }
}

/** Custom resources keep text there; ReplicationControllers a plain map; all others a selector. */
function selectorText(value: unknown): string {
  if (typeof value === 'string' || value === undefined) return value ?? ''
  const selector = value as LabelSelector
  const isSelector = selector.matchLabels !== undefined || selector.matchExpressions !== undefined
  return printLabelSelector(isSelector ? selector : { matchLabels: value as Record<string, string> })
}

type Members = Record<string, unknown>
const parts = (path: string): string[] => path.split('.').filter(Boolean)

const valueAt = (object: object, path: string): unknown =>
  parts(path).reduce<unknown>((value, part) => (value as Members | undefined)?.[part], object)

function setPath(object: object, path: string, value: unknown): void {
  const names = parts(path)
  const last = names.pop()
  if (last === undefined) return
  let holder = object as Members
  for (const name of names) {
    holder[name] ??= {}
    holder = holder[name] as Members
  }
  holder[last] = value
}

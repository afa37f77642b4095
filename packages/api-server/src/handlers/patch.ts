import { apiVersionOf, badRequest, conflict, type KubernetesObject, notFound } from '@tandem/apimachinery'
import type { TextFaults } from '@tandem/apimachinery/decode/decode'
import { applyConfiguration } from '@tandem/apimachinery/patch/apply/apply'
import { undeclaredFields } from '@tandem/apimachinery/patch/apply/undeclared-fields'
import { applyJsonPatch } from '@tandem/apimachinery/patch/json'
import { applyMergePatch } from '@tandem/apimachinery/patch/merge'
import { patchedFailure, strategicPatchFailure } from '@tandem/apimachinery/patch/patch-failure'
import { applyStrategicPatch } from '@tandem/apimachinery/patch/strategic'
import { forbiddenBy } from '../authorization/forbidden.ts'
import { sendEncoded } from '../request/respond.ts'
import { schemasOf } from '../schemas.ts'
import { fillNamespace } from './create.ts'
import { decodeValue } from './decode.ts'
import { admissionRequest, type Handler, keyOfRequest, type ResourceRequest } from './handler.ts'
import { ignoredFields, managedByUpdate, writerOf } from './managed-fields.ts'
import { patchParameters, type WriteParameters } from './options.ts'
import { type PatchBody, type PatchType, patchBody, patchTypeOf } from './patch-body.ts'
import { checkName, updateRequest } from './update.ts'
import { viewOf } from './view.ts'

export const patch: Handler = async (resource) => {
  const { kube, request, store, services } = resource
  const view = viewOf(resource)
  const type = patchTypeOf(request.headers['content-type'], resource.definition)
  const parameters = patchParameters(kube, { apply: type === 'apply' })
  const body = patchBody(request.body as Buffer | undefined, type)
  if (type === 'apply') tellFaults(resource, body.faults, parameters)

  const { entry, created } = await store.update(
    keyOfRequest(resource),
    async (current) => {
      if (!current) authorizeCreate(resource)
      const object = patched(resource, { type, body, current, parameters })
      checkIdentity(resource, object, current)
      if (type !== 'apply') managedByUpdate(resource, { object, old: current, parameters })
      const operation = current ? 'UPDATE' : 'CREATE'
      const { dryRun } = parameters
      await services.admission.admit(admissionRequest(resource, { operation, object, oldObject: current, dryRun }))
      return object
    },
    { ...updateRequest(resource, parameters), createIfAbsent: type === 'apply' && kube.info.subresource === '' },
  )
  sendEncoded(resource.reply, created ? 201 : 200, view.entry(entry))
}

interface Patching {
  type: PatchType
  body: PatchBody
  current: KubernetesObject | undefined
  parameters: WriteParameters
}

function patched(resource: ResourceRequest, { type, body, current, parameters }: Patching): KubernetesObject {
  const { definition, kube } = resource
  const { fieldValidation } = parameters
  const { value: patch, faults } = body
  const decode = (value: object, refuse?: (error: Error) => Error) =>
    decodeValue(resource, {
      value: value as Record<string, unknown>,
      fieldValidation,
      refuse,
      ...(type !== 'apply' && fieldValidation !== 'Ignore' && { earlier: faults }),
    })
  const decodePatched = (value: object) => decode(value, (error) => patchedFailure(value, error))
  if (type === 'apply') return apply(resource, { config: patch, current, parameters }, decode)
  if (!current) throw notFound({ group: definition.group, resource: definition.plural }, kube.info.name)
  switch (type) {
    case 'json':
      return decodePatched(applyJsonPatch(current, patch))
    case 'merge':
      return decodePatched(applyMergePatch(current, patch))
    case 'strategic':
      return decode(
        applyStrategicPatch(current, patch, { schema: definition.schema, registry: schemasOf(definition) }),
        (error) => strategicPatchFailure(patch, error),
      )
  }
}

/** Repeated keys in an applied configuration are told of before anything is made of it. */
function tellFaults({ kube }: ResourceRequest, { each, all }: TextFaults, { fieldValidation }: WriteParameters): void {
  if (all === '' || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${all}`)
  for (const fault of each) kube.warn(fault)
}

function apply(
  resource: ResourceRequest,
  { config: sent, current, parameters }: Omit<Patching, 'type' | 'body'> & { config: unknown },
  decode: (value: object) => KubernetesObject,
): KubernetesObject {
  const { definition, kube } = resource
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw badRequest('error decoding YAML: expected an object')
  const config = configurationOf(resource, sent as Record<string, unknown>)
  refuseUndeclared(resource, config)
  const { object } = applyConfiguration({
    live: current,
    config,
    schema: definition.schema,
    registry: schemasOf(definition),
    writer: writerOf(resource, parameters),
    force: parameters.force ?? false,
    ignored: ignoredFields(definition, kube.info.subresource),
  })
  const { managedFields } = object.metadata
  const decoded = decode(object)
  if (managedFields) decoded.metadata.managedFields = managedFields
  return decoded
}

function refuseUndeclared({ definition, kube }: ResourceRequest, config: Record<string, unknown>): void {
  const faults = undeclaredFields(config, definition.schema, schemasOf(definition))
  if (faults.length === 0) return
  const { group, version, kind } = definition
  const what = `${kube.info.namespace}/${kube.info.name}; ${group}/${version}, Kind=${kind}`
  const list = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
  throw badRequest(`failed to create typed patch object (${what}): ${list}`)
}

/** No patch makes another object of the one that the URL names. */
function checkIdentity(
  { definition, kube }: ResourceRequest,
  object: KubernetesObject,
  current: KubernetesObject | undefined,
): void {
  const { name, namespace, resource } = kube.info
  if (object.metadata.uid && !current)
    throw conflict(
      { group: definition.group, resource: definition.plural },
      name,
      `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`,
    )
  fillNamespace(object, resource === 'namespaces' ? '' : namespace, definition.scope)
  checkName(object, name)
}

/** The configuration must speak of the very object that the URL names. */
function configurationOf(
  { definition, kube }: ResourceRequest,
  config: Record<string, unknown>,
): Record<string, unknown> {
  const expected = apiVersionOf(definition)
  if (config.apiVersion !== undefined && config.apiVersion !== expected)
    throw badRequest(
      `the API version in the data (${String(config.apiVersion)}) does not match the expected API version (${expected})`,
    )
  const metadata = { ...(config.metadata as object | undefined) } as { name?: string; namespace?: string }
  if (metadata.name !== undefined && metadata.name !== kube.info.name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${kube.info.name})`)
  metadata.name = kube.info.name
  if (definition.scope === 'Namespaced') metadata.namespace ??= kube.info.namespace
  return { ...config, apiVersion: expected, kind: definition.kind, metadata }
}

/** An apply that creates needs the right to create. */
function authorizeCreate({ kube, services }: ResourceRequest): void {
  const attributes = { ...kube.attributes, verb: 'create' }
  const decision = services.authorizer.authorize(attributes)
  if (decision.verdict !== 'allow') throw forbiddenBy(attributes, decision.reason)
}

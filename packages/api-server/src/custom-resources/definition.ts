import type { Schema } from '@tandem/api/apiextensions/v1/json-schema'
import { prunedResource } from '@tandem/api/apiextensions/v1/schema-pruning'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@tandem/api/apiextensions/v1/types'
import type { CustomType, KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { byPreference } from '../discovery/version-order.ts'
import { type CallWebhook, type Convert, conversionOf } from './conversion.ts'
import { decoding } from './decoding.ts'
import { printerColumns } from './printer-columns.ts'
import { publishedSchema } from './published-schema.ts'
import { selectableFields } from './selectable-fields.ts'
import { CustomTypes } from './types.ts'
import { validation } from './validation.ts'

/** What a CustomResourceDefinition makes the server serve. */
export interface CustomResource {
  /** The version in which objects are kept. */
  readonly storage: ResourceDefinition
  /** Those that are served; the stored one may be none of them. */
  readonly served: readonly ResourceDefinition[]
}

export function customResourceOf(crd: CustomResourceDefinition, call: CallWebhook): CustomResource {
  const versions = crd.spec.versions
  const stored = versions.find(({ storage }) => storage) ?? versions[0]
  if (!stored) throw new Error(`${crd.metadata.name} has no versions`)
  const convert = conversionOf(crd, call)
  if (convert) return convertedByWebhook(crd, stored, convert)
  const storage = definitionOf(crd, stored)
  const served = versions
    .filter(({ served }) => served)
    .map((version) =>
      version === stored ? storage : convertedFrom(storage, definitionOf(crd, version), schemaOf(stored)),
    )
  return { storage, served }
}

/** Objects are kept in the version in which they were written, and each version is made of what is kept by the webhook. */
function convertedByWebhook(
  crd: CustomResourceDefinition,
  stored: CustomResourceDefinitionVersion,
  convert: Convert,
): CustomResource {
  const { group, versions } = crd.spec
  const apiVersionOf = ({ name }: CustomResourceDefinitionVersion): string => `${group}/${name}`
  const readers = new Map(
    versions.map((version) => [apiVersionOf(version), decoding(schemaOf(version)).fromStored] as const),
  )
  const { selectableFields: _, ...kept } = definitionOf(crd, stored)
  const storage: ResourceDefinition = {
    ...kept,
    custom: {
      ...(kept.custom as CustomType),
      keepsVersion: true,
      fromStored: (object) => readers.get(object.apiVersion ?? '')?.(object) ?? object,
    },
  }
  const prunedIn = (object: KubernetesObject, version: CustomResourceDefinitionVersion): KubernetesObject =>
    prunedResource({ ...object }, schemaOf(version)) as unknown as KubernetesObject
  const served = versions
    .filter(({ served }) => served)
    .map((version): ResourceDefinition => {
      const fields = version.selectableFields ?? []
      const { selectableFields: _fields, ...definition } = definitionOf(crd, version)
      const same = (object: KubernetesObject): KubernetesObject => object
      return {
        ...definition,
        ...(fields.length > 0 && { selectableFields: selectableFields(fields) }),
        storedAs: {
          definition: storage,
          ownRules: true,
          toStored: same,
          fromStored: same,
          convert: {
            toStored: async (object) => {
              const [converted = object] = await convert([object], apiVersionOf(stored))
              return prunedIn(converted, stored)
            },
            fromStored: async (objects) =>
              (await convert(objects, apiVersionOf(version))).map((object) => prunedIn(object, version)),
          },
        },
      }
    })
  return { storage, served }
}

/** The name of its type: `com.example.v1.Widget`. */
const typeName = (group: string, version: string, kind: string): string =>
  [...group.split('.').reverse(), version, kind].join('.')

const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const schemaOf = ({ schema }: CustomResourceDefinitionVersion): Schema => schema?.openAPIV3Schema ?? anything

function definitionOf(crd: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceDefinition {
  const { group, scope, versions } = crd.spec
  const names = crd.status?.acceptedNames ?? crd.spec.names
  const { kind, plural, singular, listKind, shortNames, categories } = names
  const schema = schemaOf(version)
  const name = typeName(group, version.name, kind)
  const { subresources } = version
  // All versions are one object in the store, and what is selected is selected there.
  const selectable = versions.flatMap((each) => each.selectableFields ?? [])
  return {
    group,
    version: version.name,
    kind,
    plural,
    ...(singular && { singular }),
    ...(listKind && { listKind }),
    ...(shortNames?.length && { shortNames }),
    ...(categories?.length && { categories }),
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    schema: name,
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    ...(version.deprecated && { deprecationWarning: deprecationOf(crd, version) }),
    subresources: {
      ...(subresources?.status && { status: true as const }),
      ...(subresources?.scale && { scale: subresources.scale }),
    },
    ...(selectable.length > 0 && { selectableFields: selectableFields(selectable) }),
    columns: printerColumns(version.additionalPrinterColumns),
    ...validation(schema, subresources?.scale),
    prepareForCreate(object) {
      if (subresources?.status) delete (object as { status?: unknown }).status
    },
    prepareForStatusUpdate: keepMetadata,
    custom: {
      registry: new CustomTypes(name, schema),
      ...decoding(schema),
      published: (openApi) => publishedSchema(schema, openApi),
    },
  }
}

/** Versions differ in nothing but their name and their schema. */
function convertedFrom(
  storage: ResourceDefinition,
  definition: ResourceDefinition,
  storedSchema: Schema,
): ResourceDefinition {
  const [apiVersion, stored] = [definition, storage].map(({ group, version }) => `${group}/${version}`)
  return {
    ...definition,
    storedAs: {
      definition: storage,
      ownRules: true,
      toStored: (object: KubernetesObject) =>
        prunedResource({ ...object, apiVersion: stored }, storedSchema) as unknown as KubernetesObject,
      fromStored: (object) => definition.custom?.fromStored({ ...object, apiVersion } as KubernetesObject) ?? object,
    },
  }
}

/** Status is written alone: of the metadata nothing but its owners changes. */
function keepMetadata(object: KubernetesObject, old: KubernetesObject): void {
  const { managedFields, resourceVersion } = object.metadata
  object.metadata = { ...old.metadata, ...(resourceVersion !== undefined && { resourceVersion }) }
  if (managedFields) object.metadata.managedFields = managedFields
  else delete object.metadata.managedFields
}

function deprecationOf(
  { spec: { group, names, versions } }: CustomResourceDefinition,
  { name, deprecationWarning }: CustomResourceDefinitionVersion,
): string {
  if (deprecationWarning) return deprecationWarning
  const [newer] = versions
    .filter((version) => version.served && !version.deprecated && byPreference(version.name, name) < 0)
    .map((version) => version.name)
    .sort(byPreference)
  const said = `${group}/${name} ${names.kind} is deprecated`
  return newer === undefined ? said : `${said}; use ${group}/${newer} ${names.kind}`
}

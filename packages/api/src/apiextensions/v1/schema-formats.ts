import { type Schema, schemasIn } from './json-schema.ts'
import type { CustomResourceDefinition } from './types.ts'

const stringFormats = new Set(
  'bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn hexcolor rgbcolor byte password date duration datetime k8s-short-name k8s-long-name'
    .split(' ')
    .map((format) => format.replaceAll('-', '')),
)
const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

const isRecognized = ({ type = '', format = '' }: Schema): boolean =>
  type === '' || type === 'string'
    ? stringFormats.has(format.replaceAll('-', ''))
    : (numberFormats[type]?.includes(format) ?? false)

const unrecognized = ({ spec }: CustomResourceDefinition): string[] =>
  (spec.versions ?? []).flatMap(({ schema }) =>
    schema?.openAPIV3Schema
      ? [...schemasIn(schema.openAPIV3Schema)].flatMap((each) =>
          each.format && !isRecognized(each) ? [each.format] : [],
        )
      : [],
  )

/** Formats that nothing checks; in an update, only those that are new. */
export function formatWarnings(definition: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const before = new Set(old ? unrecognized(old) : [])
  return [...new Set(unrecognized(definition))]
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format "${format}"`)
}

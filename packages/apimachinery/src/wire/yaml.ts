import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  floatCoreTag,
  intCoreTag,
  load,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
} from 'js-yaml'

/** Integers as Go's reader of YAML 1.1 takes them: `0755` is octal, as in file modes; `1:30` is text, not sixty-one and a half. */
const intTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  resolve(source, isExplicit, tagName) {
    if (/^[-+]?0[0-7_]+$/.test(source)) return Number.parseInt(source.replace('0', '').replaceAll('_', '') || '0', 8)
    if (/^[-+]?0b[01_]+$/.test(source)) {
      const sign = source.startsWith('-') ? -1 : 1
      return sign * Number.parseInt(source.replace(/^[-+]?0b/, '').replaceAll('_', ''), 2)
    }
    return source.includes(':') ? NOT_RESOLVED : intCoreTag.resolve(source, isExplicit, tagName)
  },
  identify: () => false,
})

const schema = new Schema([...CORE_SCHEMA.tags, nullYaml11Tag, boolYaml11Tag, intTag, floatCoreTag, mergeTag])

/** One document, read as kubectl and the API server read YAML: version 1.1 without dates and sexagesimals. */
export const parseYaml = (text: string): unknown => load(text, { schema })

/** Every document of a file. */
export const parseYamlDocuments = (text: string): unknown[] => loadAll(text, { schema })

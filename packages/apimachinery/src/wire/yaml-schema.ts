import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  floatCoreTag,
  intCoreTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
} from 'js-yaml'

/** Integers as Go's reader of YAML 1.1 takes them: `0755` is octal, as in file modes; `1:30` is text, not sixty times one and thirty. */
const intTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  resolve(source, isExplicit, tagName) {
    if (/^[-+]?0[0-7_]+$/.test(source)) return Number.parseInt(source.replace('0', '').replaceAll('_', '') || '0', 8)
    if (/^[-+]?0b[01_]+$/.test(source)) {
      const sign = source.startsWith('-') ? -1 : 1
      return sign * Number.parseInt(source.replace(/^[-+]?0b/, '').replaceAll('_', ''), 2)
    }
    if (source.includes(':')) return NOT_RESOLVED
    const digits = /^[-+]?[0-9][0-9_]*$/.test(source) ? source.replaceAll('_', '') : source
    return intCoreTag.resolve(digits, isExplicit, tagName)
  },
  identify: () => false,
})

/** How scalars are read: YAML 1.1, which kubectl and the original server read, without its dates and sexagesimal numbers. */
export const yamlSchema = new Schema([
  ...CORE_SCHEMA.tags,
  nullYaml11Tag,
  boolYaml11Tag,
  intTag,
  floatCoreTag,
  mergeTag,
])

import {
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
  validateQualifiedName,
} from '../names.ts'
import type { Implementations } from './implementations.ts'
import { optionalOf } from './optional.ts'

type Faults = (text: string) => string[]

/** A named check of texts: what is wrong with one, if anything. */
export class CelFormat {
  readonly faults: Faults
  constructor(faults: Faults) {
    this.faults = faults
  }
}

const unless =
  (pattern: RegExp, fault: string): Faults =>
  (text) =>
    pattern.test(text) ? [] : [fault]

/** A prefix of a name may end in a dash: what generates names puts more behind it. */
const prefixOf =
  (faults: Faults): Faults =>
  (text) =>
    faults(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)

const formats: ReadonlyMap<string, CelFormat> = new Map(
  Object.entries({
    dns1123Label: validateDns1123Label,
    dns1123Subdomain: validateDns1123Subdomain,
    dns1035Label: validateDns1035Label,
    qualifiedName: validateQualifiedName,
    dns1123LabelPrefix: prefixOf(validateDns1123Label),
    dns1123SubdomainPrefix: prefixOf(validateDns1123Subdomain),
    dns1035LabelPrefix: prefixOf(validateDns1035Label),
    labelValue: validateLabelValue,
    uri: (text: string) => (text.startsWith('/') || URL.canParse(text) ? [] : ['invalid URI for request']),
    uuid: unless(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'does not match the UUID format'),
    byte: unless(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
    date: unless(/^\d{4}-\d{2}-\d{2}$/, 'invalid date'),
    datetime: unless(/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/, 'invalid datetime'),
  }).map(([name, faults]) => [name, new CelFormat(faults)]),
)

const format = 'kubernetes.NamedFormat'

export const formatFunctions: Implementations = {
  ...Object.fromEntries([...formats].map(([name, found]) => [`FormatNamespace.${name}(): ${format}`, () => found])),
  [`FormatNamespace.named(string): optional<${format}>`]: (_: unknown, name: string) => optionalOf(formats.get(name)),
  [`${format}.validate(string): optional<list<string>>`]: ({ faults }: CelFormat, text: string) => {
    const found = faults(text)
    return optionalOf(found.length > 0 ? found : undefined)
  },
}

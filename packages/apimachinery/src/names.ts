/**
 * How names, labels and keys may look. Each check returns upstream's messages, none when the value is good.
 * `nameIs…` take a prefix too, as `generateName` is one.
 */
const maxLength = (length: number, unit: 'bytes' | 'characters' = 'characters'): string =>
  `must be no more than ${length} ${unit}`

function mismatch(rule: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ')
  return shown
    ? `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`
    : `${rule} (regex used for validation is '${pattern}')`
}

const anchored = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
/** Lengths are of UTF-8; whoever has other than ASCII fails the pattern as well. */
const bytes = (value: string): number => Buffer.byteLength(value)

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`
const dns1123Underscore = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const dns1123SubdomainUnderscore = `${dns1123Underscore}(\\.${dns1123Underscore})*`
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?'
const wildcardSubdomain = `\\*\\.${dns1123Subdomain}`
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = `(${labelKey})?`
const percent = '[0-9]+%'
const httpHeaderName = '[-A-Za-z0-9]+'
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const configMapKey = '[-._a-zA-Z0-9]+'
const cIdentifier = '[A-Za-z_][A-Za-z0-9_]*'
const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

const labelRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const matches = {
  dns1123Label: anchored(dns1123Label),
  dns1123Subdomain: anchored(dns1123Subdomain),
  dns1123SubdomainUnderscore: anchored(dns1123SubdomainUnderscore),
  dns1035Label: anchored(dns1035Label),
  wildcardSubdomain: anchored(wildcardSubdomain),
  labelKey: anchored(labelKey),
  labelValue: anchored(labelValue),
  percent: anchored(percent),
  httpHeaderName: anchored(httpHeaderName),
  envVarName: anchored(envVarName),
  configMapKey: anchored(configMapKey),
  cIdentifier: anchored(cIdentifier),
  httpPath: anchored(httpPath),
}

export function validateDns1123Label(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 63) faults.push(maxLength(63))
  if (!matches.dns1123Label.test(value))
    faults.push(
      matches.dns1123Subdomain.test(value)
        ? 'must not contain dots'
        : mismatch(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            dns1123Label,
            'my-name',
            '123-abc',
          ),
    )
  return faults
}

export function validateDns1123Subdomain(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 253) faults.push(maxLength(253))
  if (!matches.dns1123Subdomain.test(value))
    faults.push(
      mismatch(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        dns1123Subdomain,
        'example.com',
      ),
    )
  return faults
}

/** For a pod's `dnsConfig.searches`. */
export function validateDns1123SubdomainWithUnderscore(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 253) faults.push(maxLength(253))
  if (!matches.dns1123SubdomainUnderscore.test(value))
    faults.push(
      mismatch(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        dns1123SubdomainUnderscore,
        'example.com',
      ),
    )
  return faults
}

export function validateWildcardDns1123Subdomain(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 253) faults.push(maxLength(253))
  if (!matches.wildcardSubdomain.test(value))
    faults.push(
      mismatch(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        wildcardSubdomain,
        '*.example.com',
      ),
    )
  return faults
}

export function validateDns1035Label(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 63) faults.push(maxLength(63))
  if (!matches.dns1035Label.test(value))
    faults.push(
      mismatch(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        dns1035Label,
        'my-name',
        'abc-123',
      ),
    )
  return faults
}

/** A label key, annotation key, finalizer, resource or condition name: `[prefix/]name`. */
export function validateQualifiedName(value: string): string[] {
  const faults: string[] = []
  const parts = value.split('/')
  const [first = '', second] = parts
  if (parts.length > 2)
    return [
      `a valid label key ${mismatch(labelRule, labelKey, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  if (second !== undefined) {
    if (first === '') faults.push('prefix part must be non-empty')
    else faults.push(...prefixFaults(first))
  }
  const name = second ?? first
  if (name === '') faults.push('name part must be non-empty')
  else if (bytes(name) > 63) faults.push(`name part ${maxLength(63, 'bytes')}`)
  if (!matches.labelKey.test(name))
    faults.push(`name part ${mismatch(labelRule, labelKey, 'MyName', 'my.name', '123-abc')}`)
  return faults
}

const prefixFaults = (prefix: string): string[] =>
  validateDns1123Subdomain(prefix).map((fault) => `prefix part ${fault.replace(/characters$/, 'bytes')}`)

export function validateLabelValue(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 63) faults.push(maxLength(63, 'bytes'))
  if (!matches.labelValue.test(value))
    faults.push(
      mismatch(
        `a valid label must be an empty string or ${labelRule.replace(/^must /, '')}`,
        labelValue,
        'MyValue',
        'my_value',
        '12345',
      ),
    )
  return faults
}

export const validateInRange = (value: number, min: number, max: number): string[] =>
  value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`]

export const validatePortNumber = (port: number): string[] => validateInRange(port, 1, 65535)
export const validateUserId = (id: number): string[] => validateInRange(id, 0, 2147483647)
export const validateGroupId = (id: number): string[] => validateInRange(id, 0, 2147483647)

/** An IANA service name, as a container's port has. */
export function validatePortName(port: string): string[] {
  const faults: string[] = []
  if (bytes(port) > 15) faults.push(maxLength(15))
  if (!/^[-a-z0-9]+$/.test(port)) faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(port)) faults.push('must contain at least one letter (a-z)')
  if (port.includes('--')) faults.push('must not contain consecutive hyphens')
  if (/^-|-$/.test(port)) faults.push('must not begin or end with a hyphen')
  return faults
}

export const validatePercent = (value: string): string[] =>
  matches.percent.test(value)
    ? []
    : [mismatch("a valid percent string must be a numeric string followed by an ending '%'", percent, '1%', '93%')]

export const validateHttpHeaderName = (value: string): string[] =>
  matches.httpHeaderName.test(value)
    ? []
    : [mismatch("a valid HTTP header must consist of alphanumeric characters or '-'", httpHeaderName, 'X-Header-Name')]

/** The strict form; containers' `env` follow the relaxed one. */
export function validateEnvVarName(value: string): string[] {
  const faults = matches.envVarName.test(value)
    ? []
    : [
        mismatch(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          envVarName,
          'my.env-name',
          'MY_ENV.NAME',
          'MyEnvName1',
        ),
      ]
  return [...faults, ...parentDirectoryFaults(value)]
}

export function validateRelaxedEnvVarName(value: string): string[] {
  const faults: string[] = []
  if (value === '') faults.push('environment variable name must be non-empty')
  if (!/^[ -<>-~]*$/.test(value))
    faults.push("a valid environment variable name must consist only of printable ASCII characters other than '='")
  return faults
}

/** A key of a ConfigMap or a Secret: also a file name. */
export function validateConfigMapKey(value: string): string[] {
  const faults: string[] = []
  if (bytes(value) > 253) faults.push(maxLength(253))
  if (!matches.configMapKey.test(value))
    faults.push(
      mismatch(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKey,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  return [...faults, ...parentDirectoryFaults(value)]
}

export const validateCIdentifier = (value: string): string[] =>
  matches.cIdentifier.test(value)
    ? []
    : [
        mismatch(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          cIdentifier,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ]

export const validateHttpPath = (value: string): string[] =>
  matches.httpPath.test(value) ? [] : [mismatch('Invalid path', httpPath)]

function parentDirectoryFaults(value: string): string[] {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

/** The form of `ResourceDefinition.validateName`. */
export type NameCheck = (name: string, prefix: boolean) => string[]

/** A prefix may end in a dash, since the generated part follows. */
const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name

const nameCheck =
  (check: (value: string) => string[]): NameCheck =>
  (name, prefix) =>
    check(prefix ? maskTrailingDash(name) : name)

export const nameIsDnsSubdomain: NameCheck = nameCheck(validateDns1123Subdomain)
export const nameIsDnsLabel: NameCheck = nameCheck(validateDns1123Label)
export const nameIsDns1035Label: NameCheck = nameCheck(validateDns1035Label)

/** What a name in a URL path may never be: the rule of RBAC objects and of custom names. */
export const nameIsPathSegment: NameCheck = (name, prefix) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

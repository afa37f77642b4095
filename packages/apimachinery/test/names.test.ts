import t from 'tap'
import {
  ipFamily,
  nameIsDns1035Label,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  nameIsPathSegment,
  validateCidr,
  validateConfigMapKey,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateEnvVarName,
  validateIp,
  validateIpForLegacyField,
  validateLabelValue,
  validatePercent,
  validatePortName,
  validatePortNumber,
  validateQualifiedName,
  validateRelaxedEnvVarName,
} from '../src/index.ts'

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

type Row = [check: (value: string) => string[], value: string, expected: (string | RegExp)[]]
const rows: Record<string, Row> = {
  'a label': [validateDns1123Label, 'my-name', []],
  'a label with capitals': [validateDns1123Label, 'My', [labelRule]],
  'a label with dots': [validateDns1123Label, 'a.b', ['must not contain dots']],
  'a label too long': [validateDns1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
  'a subdomain': [validateDns1123Subdomain, 'a.b-c.d', []],
  'a subdomain ending in a dot': [validateDns1123Subdomain, 'a.', [/^a lowercase RFC 1123 subdomain must consist/]],
  'a name with a newline': [validateDns1123Subdomain, 'a\n', [/^a lowercase RFC 1123 subdomain/]],
  'a qualified name': [validateQualifiedName, 'example.com/My_name', []],
  'a name without its prefix': [validateQualifiedName, '/x', ['prefix part must be non-empty']],
  'a prefix without a name': [validateQualifiedName, 'a/', ['name part must be non-empty', /^name part must consist/]],
  'three parts': [
    validateQualifiedName,
    'a/b/c',
    [/^a valid label key must consist .*\(e\.g\. 'example\.com\/MyName'\)$/],
  ],
  'a name too long': [validateQualifiedName, 'a'.repeat(64), ['name part must be no more than 63 bytes']],
  'a label value': [validateLabelValue, 'A_1.x', []],
  'an empty label value': [validateLabelValue, '', []],
  'a bad label value': [
    validateLabelValue,
    '-a',
    [
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
  'a port name': [validatePortName, 'http-2', []],
  'a bad port name': [
    validatePortName,
    'HTTP--',
    [
      'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ],
  ],
  'a config key that leads up': [validateConfigMapKey, '..a', ["must not start with '..'"]],
  'a config key of two dots': [validateConfigMapKey, '..', ["must not be '..'"]],
  'a config key with a slash': [validateConfigMapKey, 'a/b', [/^a valid config key must consist/]],
  'a variable': [validateEnvVarName, 'MY.VAR-1', []],
  'a variable that begins with a digit': [
    validateEnvVarName,
    '1A',
    [/^a valid environment variable name must consist/],
  ],
  'a relaxed variable': [validateRelaxedEnvVarName, '1A !', []],
  'a variable with an equals sign': [validateRelaxedEnvVarName, 'a=b', [/other than '='$/]],
  'a percentage': [validatePercent, '25%', []],
  'no percentage': [validatePercent, '25', [/^a valid percent string/]],
  'a prefix that ends in a dash': [(value) => nameIsDnsSubdomain(value, true), 'web-', []],
  'a name that ends in a dash': [(value) => nameIsDnsLabel(value, false), 'web-', [labelRule]],
  'a service name that begins with a digit': [(value) => nameIsDns1035Label(value, false), '1a', [/^a DNS-1035 label/]],
  'a path segment': [(value) => nameIsPathSegment(value, false), 'system:node', []],
  'a path': [(value) => nameIsPathSegment(value, false), 'a/b%', ["may not contain '/'", "may not contain '%'"]],
  'a dot': [(value) => nameIsPathSegment(value, false), '.', ["may not be '.'"]],
}
for (const [name, [check, value, expected]] of Object.entries(rows))
  t.test(name, async (t) => {
    t.match(check(value), expected)
    t.equal(check(value).length, expected.length)
  })

t.test('port numbers', async (t) => {
  t.same(validatePortNumber(65535), [])
  t.same(validatePortNumber(0), ['must be between 1 and 65535, inclusive'])
})

const addresses: [check: typeof validateIp, value: string, detail: string | undefined][] = [
  [validateIp, '10.0.0.1', undefined],
  [validateIp, '2001:db8::1', undefined],
  [validateIp, '2001:DB8::1', 'must be in canonical form ("2001:db8::1")'],
  [validateIp, '10.0.0', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  [validateIp, '10.0.0.256', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  [validateIp, '10.0.0.01', 'must not have leading 0s'],
  [validateIp, '::ffff:1.2.3.4', 'must not be an IPv4-mapped IPv6 address'],
  [validateIp, 'fe80::1%eth0', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  [validateIpForLegacyField, '2001:DB8::1', undefined],
  [validateCidr, '10.0.0.0/8', undefined],
  [validateCidr, '10.0.0.1/8', 'must not have bits set beyond the prefix length'],
  [validateCidr, '10.0.0.0/33', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  [validateCidr, '10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
  [validateCidr, '2001:db8:0::/64', 'must be in canonical form ("2001:db8::/64")'],
]
for (const [check, value, detail] of addresses)
  t.test(`${check.name} of ${value}`, async (t) => {
    t.same(
      check('f', value).map(({ message }) => message),
      detail === undefined ? [] : [`Invalid value: "${value}": ${detail}`],
    )
  })

t.test('families', async (t) => {
  t.same(['10.0.0.1', '::1', 'x'].map(ipFamily), [4, 6, undefined])
})

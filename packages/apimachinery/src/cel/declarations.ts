import { anyTypeName, linearMatches } from './rewriting.ts'

/** What Kubernetes adds to CEL's own functions, as the type checker has to know it: `Receiver.name(arguments): result`. */

/** Types that are only made and asked by functions, and of which no values exist yet. */
export const opaqueTypes = [
  'kubernetes.authorization.Authorizer',
  'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck',
  'kubernetes.authorization.ResourceCheck',
  'kubernetes.authorization.Decision',
] as const

/** Names before a dot that are no value: `sets.contains(a, b)`. */
export const namespaces = ['sets', 'strings', 'lists', 'format', 'jsonpatch', 'ip'] as const
export const namespaceType = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}Namespace`

const strings = [
  // `matches`, as it is evaluated: not for expressions to name.
  `string.${linearMatches}(string): bool`,
  'string.charAt(int): string',
  'string.replace(string, string): string',
  'string.replace(string, string, int): string',
  'string.format(list<dyn>): string',
  'StringsNamespace.quote(string): string',
  'string.find(string): string',
  'string.findAll(string): list<string>',
  'string.findAll(string, int): list<string>',
]

const lists = [
  'list<A>.indexOf(A): int',
  'list<A>.lastIndexOf(A): int',
  'list<A>.isSorted(): bool',
  'list<A>.sum(): A',
  'list<A>.min(): A',
  'list<A>.max(): A',
  ...['sum', 'min', 'max'].map((name) => `list<dyn>.${anyTypeName(name)}(): dyn`),
  'list<A>.slice(int, int): list<A>',
  'list<dyn>.flatten(): list<dyn>',
  'list<dyn>.flatten(int): list<dyn>',
  'list<A>.sort(): list<A>',
  'list<A>.distinct(): list<A>',
  'list<A>.reverse(): list<A>',
  'ListsNamespace.range(int): list<int>',
  'SetsNamespace.contains(list<A>, list<A>): bool',
  'SetsNamespace.equivalent(list<A>, list<A>): bool',
  'SetsNamespace.intersects(list<A>, list<A>): bool',
]

const quantity = 'kubernetes.Quantity'
const quantities = [
  `quantity(string): ${quantity}`,
  'isQuantity(string): bool',
  `${quantity}.sign(): int`,
  `${quantity}.isGreaterThan(${quantity}): bool`,
  `${quantity}.isLessThan(${quantity}): bool`,
  `${quantity}.compareTo(${quantity}): int`,
  `${quantity}.asApproximateFloat(): double`,
  `${quantity}.asInteger(): int`,
  `${quantity}.isInteger(): bool`,
  `${quantity}.add(${quantity}): ${quantity}`,
  `${quantity}.add(int): ${quantity}`,
  `${quantity}.sub(${quantity}): ${quantity}`,
  `${quantity}.sub(int): ${quantity}`,
]

const semver = 'kubernetes.Semver'
const versions = [
  `semver(string): ${semver}`,
  `semver(string, bool): ${semver}`,
  'isSemver(string): bool',
  'isSemver(string, bool): bool',
  `${semver}.isGreaterThan(${semver}): bool`,
  `${semver}.isLessThan(${semver}): bool`,
  `${semver}.compareTo(${semver}): int`,
  `${semver}.major(): int`,
  `${semver}.minor(): int`,
  `${semver}.patch(): int`,
]

const url = 'kubernetes.URL'
const network = [
  `url(string): ${url}`,
  'isURL(string): bool',
  ...['getScheme', 'getHost', 'getHostname', 'getPort', 'getEscapedPath'].map((name) => `${url}.${name}(): string`),
  `${url}.getQuery(): map<string, list<string>>`,
  'ip(string): net.IP',
  'isIP(string): bool',
  'IpNamespace.isCanonical(string): bool',
  'net.IP.family(): int',
  ...['isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'].map(
    (name) => `net.IP.${name}(): bool`,
  ),
  'string(net.IP): string',
  'cidr(string): net.CIDR',
  'isCIDR(string): bool',
  'net.CIDR.containsIP(string): bool',
  'net.CIDR.containsIP(net.IP): bool',
  'net.CIDR.containsCIDR(string): bool',
  'net.CIDR.containsCIDR(net.CIDR): bool',
  'net.CIDR.ip(): net.IP',
  'net.CIDR.prefixLength(): int',
  'net.CIDR.masked(): net.CIDR',
  'string(net.CIDR): string',
]

const namedFormat = 'kubernetes.NamedFormat'
const formats = [
  ...[
    'dns1123Label',
    'dns1123Subdomain',
    'dns1035Label',
    'qualifiedName',
    'dns1123LabelPrefix',
    'dns1123SubdomainPrefix',
    'dns1035LabelPrefix',
    'labelValue',
    'uri',
    'uuid',
    'byte',
    'date',
    'datetime',
  ].map((name) => `FormatNamespace.${name}(): ${namedFormat}`),
  `FormatNamespace.named(string): optional<${namedFormat}>`,
  `${namedFormat}.validate(string): optional<list<string>>`,
]

const authorization = 'kubernetes.authorization'
const authorizers = [
  `${authorization}.Authorizer.path(string): ${authorization}.PathCheck`,
  `${authorization}.Authorizer.group(string): ${authorization}.GroupCheck`,
  `${authorization}.Authorizer.serviceAccount(string, string): ${authorization}.Authorizer`,
  `${authorization}.GroupCheck.resource(string): ${authorization}.ResourceCheck`,
  ...['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'].map(
    (name) => `${authorization}.ResourceCheck.${name}(string): ${authorization}.ResourceCheck`,
  ),
  `${authorization}.PathCheck.check(string): ${authorization}.Decision`,
  `${authorization}.ResourceCheck.check(string): ${authorization}.Decision`,
  `${authorization}.Decision.allowed(): bool`,
  `${authorization}.Decision.errored(): bool`,
  `${authorization}.Decision.error(): string`,
  `${authorization}.Decision.reason(): string`,
]

export const functions: readonly string[] = [
  ...strings,
  ...lists,
  ...quantities,
  ...versions,
  ...network,
  ...formats,
  ...authorizers,
  'JsonpatchNamespace.escapeKey(string): string',
]

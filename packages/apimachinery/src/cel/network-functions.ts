import type { Implementations } from './implementations.ts'
import { CelCidr, CelIp, CelUrl } from './network-values.ts'

const parses =
  (parse: (text: string) => unknown) =>
  (text: string): boolean => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }

const makeUrl = (text: string): CelUrl => new CelUrl(text)

const absolute =
  (part: (url: URL) => string) =>
  (value: CelUrl): string =>
    value.isAbsolute ? part(value.url) : ''

const within =
  (...ranges: string[]) =>
  (ip: CelIp): boolean =>
    ranges.some((range) => CelCidr.parse(range).contains(ip))

const isNotGlobal = within(
  '0.0.0.0/32',
  '255.255.255.255/32',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '169.254.0.0/16',
  '::/127',
  'ff00::/8',
  'fe80::/10',
)

const url = 'kubernetes.URL'

export const networkFunctions: Implementations = {
  [`url(string): ${url}`]: makeUrl,
  'isURL(string): bool': parses(makeUrl),
  [`${url}.getScheme(): string`]: absolute(({ protocol }) => protocol.slice(0, -1)),
  [`${url}.getHost(): string`]: absolute(({ host }) => host),
  [`${url}.getHostname(): string`]: absolute(({ hostname }) => hostname.replace(/^\[|\]$/g, '')),
  [`${url}.getPort(): string`]: absolute(({ port }) => port),
  [`${url}.getEscapedPath(): string`]: (value: CelUrl) => value.path,
  [`${url}.getQuery(): map<string, list<string>>`]: (value: CelUrl) => value.query(),
  'ip(string): net.IP': (text: string) => CelIp.parse(text),
  'isIP(string): bool': parses((text) => CelIp.parse(text)),
  'IpNamespace.isCanonical(string): bool': (_: unknown, text: string) => String(CelIp.parse(text)) === text,
  'net.IP.family(): int': (ip: CelIp) => (ip.bits === 32 ? 4n : 6n),
  'net.IP.isUnspecified(): bool': ({ number }: CelIp) => number === 0n,
  'net.IP.isLoopback(): bool': within('127.0.0.0/8', '::1/128'),
  'net.IP.isLinkLocalMulticast(): bool': within('224.0.0.0/24', 'ff02::/16'),
  'net.IP.isLinkLocalUnicast(): bool': within('169.254.0.0/16', 'fe80::/10'),
  'net.IP.isGlobalUnicast(): bool': (ip: CelIp) => !isNotGlobal(ip),
  'string(net.IP): string': String,
  'cidr(string): net.CIDR': (text: string) => CelCidr.parse(text),
  'isCIDR(string): bool': parses((text) => CelCidr.parse(text)),
  'net.CIDR.containsIP(string): bool': (range: CelCidr, text: string) => range.contains(CelIp.parse(text)),
  'net.CIDR.containsIP(net.IP): bool': (range: CelCidr, ip: CelIp) => range.contains(ip),
  'net.CIDR.containsCIDR(string): bool': (range: CelCidr, text: string) => range.containsCidr(CelCidr.parse(text)),
  'net.CIDR.containsCIDR(net.CIDR): bool': (range: CelCidr, other: CelCidr) => range.containsCidr(other),
  'net.CIDR.ip(): net.IP': ({ ip }: CelCidr) => ip,
  'net.CIDR.prefixLength(): int': ({ length }: CelCidr) => BigInt(length),
  'net.CIDR.masked(): net.CIDR': (range: CelCidr) => range.masked(),
  'string(net.CIDR): string': String,
}

import { isIPv4, isIPv6 } from 'node:net'

export class CelUrl {
  readonly url: URL
  readonly text: string
  constructor(text: string) {
    if (!text.startsWith('/') && !URL.canParse(text))
      throw new Error(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    this.text = text
    this.url = new URL(text, 'relative://')
  }

  get isAbsolute(): boolean {
    return !this.text.startsWith('/')
  }

  get path(): string {
    const { pathname } = this.url
    return pathname === '/' && this.isAbsolute && !/^[^?#]*\/\/[^/?#]*\//.test(this.text) ? '' : pathname
  }

  query(): Map<string, string[]> {
    const found = new Map<string, string[]>()
    for (const [key, value] of this.url.searchParams) found.set(key, [...(found.get(key) ?? []), value])
    return found
  }
}

/** An address as a number, and how many bits it has. */
export class CelIp {
  readonly number: bigint
  readonly bits: 32 | 128

  constructor(number: bigint, bits: 32 | 128) {
    this.number = number
    this.bits = bits
  }

  static parse(text: string): CelIp {
    if (isIPv4(text)) return new CelIp(fromParts(text.split('.').map(Number), 8n), 32)
    if (!isIPv6(text) || text.includes('%'))
      throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
    if (text.toLowerCase().startsWith('::ffff:') && text.includes('.'))
      throw new Error(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
    const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
    const [head = '', tail] = canonical.split('::')
    const parts = (half: string): number[] =>
      half === '' ? [] : half.split(':').map((part) => Number.parseInt(part, 16))
    const [left, right] = [parts(head), parts(tail ?? '')]
    const middle = new Array<number>(tail === undefined ? 0 : 8 - left.length - right.length).fill(0)
    return new CelIp(fromParts([...left, ...middle, ...right], 16n), 128)
  }

  toString(): string {
    if (this.bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (this.number >> shift) & 255n).join('.')
    const parts = Array.from({ length: 8 }, (_, i) => ((this.number >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
    return new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1)
  }
}

const fromParts = (parts: readonly number[], width: bigint): bigint =>
  parts.reduce((number, part) => (number << width) | BigInt(part), 0n)

export class CelCidr {
  readonly ip: CelIp
  readonly length: number

  constructor(ip: CelIp, length: number) {
    this.ip = ip
    this.length = length
  }

  static parse(text: string): CelCidr {
    const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
    const wrong = new Error(
      `network address parse error during conversion from string: network address ${JSON.stringify(text)}`,
    )
    if (address === '') throw wrong
    const ip = CelIp.parse(address)
    if (Number(length) > ip.bits) throw wrong
    return new CelCidr(ip, Number(length))
  }

  #network({ number, bits }: CelIp): bigint {
    return number >> BigInt(bits - this.length)
  }

  contains(ip: CelIp): boolean {
    return ip.bits === this.ip.bits && this.#network(ip) === this.#network(this.ip)
  }

  containsCidr(other: CelCidr): boolean {
    return other.length >= this.length && this.contains(other.ip)
  }

  masked(): CelCidr {
    const shift = BigInt(this.ip.bits - this.length)
    return new CelCidr(new CelIp((this.ip.number >> shift) << shift, this.ip.bits), this.length)
  }

  toString(): string {
    return `${this.ip}/${this.length}`
  }
}

import type { DecodedPacket, Answer as DnsRecord, OptAnswer, Question } from 'dns-packet'
import * as dnsPacket from 'dns-packet'

export type { DnsRecord, Question }

/** Response codes by name. */
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

export type Rcode = keyof typeof rcodes

/** What a plugin found: records, or the knowledge that there are none. */
export interface DnsAnswer {
  rcode: Rcode
  answers: readonly DnsRecord[]
  /** The zone's SOA where there is no answer, so that others know for how long that holds. */
  authorities?: readonly DnsRecord[]
  additionals?: readonly DnsRecord[]
  /** We are the source of this, rather than having asked somebody. */
  authoritative: boolean
}

export interface DnsQuery {
  readonly id: number
  readonly question: Question
  readonly recursionDesired: boolean
  /** The client's EDNS record, if it sent one. */
  readonly edns: OptAnswer | undefined
  readonly protocol: 'udp' | 'tcp'
}

/** A message that cannot be answered as a query; `reply` says so where the sender can be told. */
export class MessageError extends Error {
  readonly code = 'DNS_MESSAGE'
  readonly reply: Buffer | undefined
  constructor(message: string, reply?: Buffer) {
    super(message)
    this.reply = reply
  }
}

const opcodeOf = (message: Buffer): number => ((message[2] ?? 0) >> 3) & 15

/** The header alone, with a code: for messages that are not understood. */
function headerReply(message: Buffer, rcode: Rcode): Buffer {
  const reply = Buffer.alloc(12)
  message.copy(reply, 0, 0, 4)
  reply[2] = ((message[2] ?? 0) & 0x79) | 0x80
  reply[3] = rcodes[rcode]
  return reply
}

export function parseQuery(message: Buffer, protocol: DnsQuery['protocol']): DnsQuery {
  if (message.length < 12) throw new MessageError('shorter than a header')
  if ((message[2] ?? 0) & 0x80) throw new MessageError('not a query')
  if (opcodeOf(message) !== 0) throw new MessageError('not a standard query', headerReply(message, 'NOTIMP'))
  let packet: DecodedPacket
  try {
    packet = dnsPacket.decode(message)
  } catch {
    throw new MessageError('malformed', headerReply(message, 'FORMERR'))
  }
  const [question, ...others] = packet.questions ?? []
  if (!question || others.length > 0) throw new MessageError('not one question', headerReply(message, 'FORMERR'))
  const edns = packet.additionals?.find((record): record is OptAnswer => record.type === 'OPT')
  return { id: packet.id ?? 0, question, recursionDesired: packet.flag_rd, edns, protocol }
}

/** What clients can take without fragments, whatever they ask for. */
const maxUdpSize = 1232
const minUdpSize = 512

/** The message to send; over UDP what does not fit is left out and the message marked, so that the client asks again over TCP. */
export function encodeAnswer(query: DnsQuery, answer: DnsAnswer): Buffer {
  const limit =
    query.protocol === 'tcp'
      ? 65_535
      : Math.min(maxUdpSize, Math.max(minUdpSize, query.edns?.udpPayloadSize ?? minUdpSize))
  const whole = encode(query, answer, { truncated: false })
  if (whole.length <= limit) return whole
  const bare = { ...answer, additionals: [] }
  const withoutAdditionals = encode(query, bare, { truncated: false })
  if (withoutAdditionals.length <= limit) return withoutAdditionals
  const answers = [...answer.answers]
  for (;;) {
    const message = encode(query, { ...bare, answers }, { truncated: true })
    if (message.length <= limit || answers.length === 0) return message
    answers.length = Math.min(answers.length - 1, Math.floor((answers.length * limit) / message.length))
  }
}

function encode(
  { id, question, recursionDesired, edns }: DnsQuery,
  answer: DnsAnswer,
  { truncated }: { truncated: boolean },
): Buffer {
  const flags =
    rcodes[answer.rcode] |
    dnsPacket.RECURSION_AVAILABLE |
    (recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) |
    (answer.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
    (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0)
  const opt: DnsRecord[] = edns
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: maxUdpSize,
          flags: 0,
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
          options: [],
        },
      ]
    : []
  return dnsPacket.encode({
    type: 'response',
    id,
    flags,
    questions: [question],
    answers: [...answer.answers],
    authorities: [...(answer.authorities ?? [])],
    additionals: [...(answer.additionals ?? []), ...opt],
  })
}

import { type NumberRange, staticBand } from './range.ts'

export interface NodePortRange extends NumberRange {
  text: string
}

/** `30000-32767`. Throws when the text is no range of ports: a wrong flag must stop the server. */
export function parseNodePortRange(text: string): NodePortRange {
  const [, low = '', high = ''] = /^(\d+)-(\d+)$/.exec(text) ?? []
  const first = Number(low)
  const last = Number(high)
  if (low === '' || first < 1 || last > 65535 || last < first)
    throw new Error(`--service-node-port-range: ${text} is not a range of ports`)
  return { text, first, last, dynamic: first + staticBand(last - first + 1, { step: 32, max: 128 }) }
}

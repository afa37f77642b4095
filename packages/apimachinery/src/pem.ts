export interface PemBlock {
  type: string
  hasHeaders: boolean
  der: Buffer
}

const block =
  /^-----BEGIN ([^\n-]*)-----[ \t]*\r?\n((?:[^\n:-][^\n:]*:[^\n]*\r?\n)*)\s*([A-Za-z0-9+/=\s]*?)\r?\n?-----END \1-----/gm

/** The blocks of a PEM text; whatever stands around them is passed over. */
export const readPem = (text: string): PemBlock[] =>
  [...text.matchAll(block)].map(([, type = '', headers = '', body = '']) => ({
    type,
    hasHeaders: headers !== '',
    der: Buffer.from(body, 'base64'),
  }))

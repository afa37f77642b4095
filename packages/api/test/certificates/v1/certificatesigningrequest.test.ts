import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { parseCertificateRequest } from '../../../src/certificates/v1/certificate-request.ts'
import { certificateSigningRequests } from '../../../src/certificates/v1/certificatesigningrequest.ts'
import { kubeletClientFault, kubeletServingFault } from '../../../src/certificates/v1/kubelet-request.ts'
import type { CertificateSigningRequest } from '../../../src/certificates/v1/types.ts'
import { created, faults, noon, row, statusFaults, updateFaults } from '../../rules.ts'

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'))
const name = (id: string, value: string) => der(0x31, der(0x30, oid(id), der(0x0c, Buffer.from(value))))
const commonName = '550403'
const organization = '55040a'

interface Asked {
  subject?: Buffer[]
  names?: Buffer[]
  forged?: boolean
}

/** A request made byte by byte, so that nothing but the reader under test says what is in it. */
function request({ subject = [], names = [], forged = false }: Asked = {}): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const extension = der(0x30, oid('551d11'), der(4, der(0x30, ...names)))
  const attributes = names.length > 0 ? [der(0x30, oid('2a864886f70d01090e'), der(0x31, der(0x30, extension)))] : []
  const info = der(0x30, der(2, Buffer.from([0])), der(0x30, ...subject), spki, der(0xa0, ...attributes))
  const key = forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey
  const signature = sign('sha256', info, createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' })))
  const encoded = der(0x30, info, der(0x30, oid('2a8648ce3d040302')), der(3, Buffer.from([0]), signature))
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${encoded.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  return Buffer.from(pem).toString('base64')
}

const node = [name(organization, 'system:nodes'), name(commonName, 'system:node:n1')]
const dns = (value: string) => der(0x82, Buffer.from(value))
const address = der(0x87, Buffer.from([10, 0, 0, 1]))
const good = request({ subject: [name(commonName, 'jane')] })
const spec = { request: good, signerName: 'example.com/good', usages: ['client auth'] }

t.test('what a request asks for is read', async (t) => {
  const names = [
    dns('a.example'),
    dns('b.example'),
    address,
    der(0x81, Buffer.from('a@b')),
    der(0x86, Buffer.from('x:y')),
  ]
  const parsed = parseCertificateRequest(request({ subject: node, names }))
  t.match(parsed, {
    commonName: 'system:node:n1',
    organizations: ['system:nodes'],
    dnsNames: ['a.example', 'b.example'],
    emailAddresses: ['a@b'],
    uris: ['x:y'],
    ipAddresses: 1,
  })
  t.doesNotThrow(() => parsed.checkSignature())
})

const rows = [
  { name: 'good', change: {}, expected: [] },
  {
    name: 'no request',
    change: { request: Buffer.from('nonsense').toString('base64') },
    expected: [
      `spec.request: Invalid value: "${Buffer.from('nonsense').toString('base64')}": PEM block type must be CERTIFICATE REQUEST`,
    ],
  },
  { name: 'no usages', change: { usages: [] }, expected: ['spec.usages: Required value'] },
  {
    name: 'a usage twice',
    change: { usages: ['client auth', 'client auth'] },
    expected: ['spec.usages[1]: Duplicate value: "client auth"'],
  },
  {
    name: 'too short',
    change: { expirationSeconds: 599 },
    expected: [
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  },
  {
    name: 'the signer of old',
    change: { signerName: 'kubernetes.io/legacy-unknown' },
    expected: [
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  },
  { name: 'no signer', change: { signerName: '' }, expected: ['spec.signerName: Required value'] },
  {
    name: 'a signer without a path',
    change: { signerName: 'example.com' },
    expected: [
      `spec.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ],
  },
  {
    name: 'a signer of a domain without dots',
    change: { signerName: 'example/good' },
    expected: [
      'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
    ],
  },
]
for (const { name, change, expected } of rows)
  t.test(name, async (t) =>
    t.strictSame(faults(certificateSigningRequests, { spec: { ...spec, ...change } }), expected),
  )

t.test('a request signed with another key', async (t) => {
  const [fault, ...others] = faults(certificateSigningRequests, {
    spec: { ...spec, request: request({ forged: true }) },
  })
  t.match(fault, /^spec.request: Invalid value: .*signature/)
  t.strictSame(others, [])
})

t.test('what cannot be known is refused, and told in order', async (t) => {
  const [fault] = faults(certificateSigningRequests, { spec: { ...spec, usages: ['flying'] } })
  t.match(fault, /^spec.usages\[0\]: Unsupported value: "flying": supported values: "any", "cert sign", "client auth"/)
})

t.test('a spec never changes', async (t) => {
  const old = created(certificateSigningRequests, { spec })
  const next = structuredClone({ ...old, spec: { ...old.spec, signerName: 'example.com/other' } })
  certificateSigningRequests.prepareForUpdate?.(next, old)
  t.equal(next.spec.signerName, 'example.com/good')
  t.strictSame(updateFaults(certificateSigningRequests, { from: { spec }, to: { spec } }), [])
})

const approval = { type: 'Approved', status: 'True' }
const statusRows = [
  {
    name: 'approval through status',
    from: {},
    to: { conditions: [approval] },
    expected: ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  },
  {
    name: 'a failure that is taken back',
    from: { conditions: [{ type: 'Failed', status: 'True' }] },
    to: {},
    expected: ['status.conditions: Forbidden: updates may not remove a condition of type "Failed"'],
  },
  {
    name: 'a failure that did not fail',
    from: {},
    to: { conditions: [{ type: 'Failed', status: 'False' }] },
    expected: ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
  },
]
for (const { name, from, to, expected } of statusRows)
  t.test(name, async (t) =>
    t.strictSame(statusFaults(certificateSigningRequests, { spec: { spec }, from, to }), expected),
  )

const kubeletRows = [
  { name: 'a client', asked: { subject: node }, client: undefined, serving: 'DNS or IP subjectAltName is required' },
  {
    name: 'a server',
    asked: { subject: node, names: [address] },
    client: 'IP subjectAltNames are not allowed',
    serving: undefined,
  },
  {
    name: 'somebody else',
    asked: { subject: [name(commonName, 'jane')] },
    client: 'subject organization is not system:nodes',
    serving: 'subject organization is not system:nodes',
  },
]
for (const { name, asked, client, serving } of kubeletRows)
  t.test(`a kubelet's request: ${name}`, async (t) => {
    const parsed = parseCertificateRequest(request(asked))
    t.equal(kubeletClientFault(parsed, ['client auth', 'digital signature']), client)
    t.equal(kubeletServingFault(parsed, ['server auth', 'digital signature', 'key encipherment']), serving)
  })

t.test('its row', async (t) => {
  const object = created(certificateSigningRequests, { spec: { ...spec, expirationSeconds: 3600 } })
  object.spec.username = 'jane'
  object.status = { conditions: [approval], certificate: 'aa==' } as CertificateSigningRequest['status'] & object
  t.strictSame(row(certificateSigningRequests, object, noon), {
    Name: 'web',
    Age: '10m',
    SignerName: 'example.com/good',
    Requestor: 'jane',
    RequestedDuration: '60m',
    Condition: 'Approved,Issued',
  })
})

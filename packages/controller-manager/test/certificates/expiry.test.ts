import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import { createCertificateAuthority } from '@tandem/component-base/tls/index'
import t from 'tap'
import { expiryOf } from '../../src/certificates/expiry.ts'
import { validityOf } from '../../src/certificates/signers.ts'

const at = (time: string) => Date.parse(`2026-01-01T${time}Z`)
const created = '2026-01-01T00:00:00Z'
const condition = (type: string) => ({ type, status: 'True', lastUpdateTime: '2026-01-01T02:00:00Z' })
const short = await createCertificateAuthority({
  commonName: 'short',
  now: at('02:00:00'),
  validity: 20 * 60_000,
})
const certificate = Buffer.from(short.certificate).toString('base64')

const rows: { name: string; status: CertificateSigningRequest['status']; expected: number | undefined }[] = [
  { name: 'nobody decided', status: {}, expected: at('00:00:00') + 24 * 3_600_000 },
  { name: 'denied', status: { conditions: [condition('Denied')] }, expected: at('03:00:00') },
  { name: 'failed', status: { conditions: [condition('Failed')] }, expected: at('03:00:00') },
  {
    name: 'approved, unsigned',
    status: { conditions: [condition('Approved')] },
    expected: at('02:00:00') + 86_400_000,
  },
  {
    name: 'issued',
    status: { conditions: [condition('Approved')], certificate: Buffer.from('no certificate').toString('base64') },
    expected: at('03:00:00'),
  },
  { name: 'out of date', status: { conditions: [condition('Approved')], certificate }, expected: at('02:20:00') },
  { name: 'another condition', status: { conditions: [condition('Seen')] }, expected: undefined },
]
for (const { name, status, expected } of rows)
  t.test(name, async (t) => {
    const metadata = { name, creationTimestamp: created } as CertificateSigningRequest['metadata']
    const spec = {} as CertificateSigningRequest['spec']
    t.equal(expiryOf({ metadata, spec, ...(status && { status }) }), expected)
  })

const minute = 60_000
const validity = [
  { name: 'as long as may be', asked: undefined, expected: 365 * 24 * 60 - 5 },
  { name: 'longer than may be', asked: 400 * 24 * 3600, expected: 365 * 24 * 60 - 5 },
  { name: 'a day', asked: 24 * 3600, expected: 24 * 60 - 5 },
  { name: 'an hour', asked: 3600, expected: 60 },
  { name: 'hardly any', asked: 60, expected: 10 },
]
for (const { name, asked, expected } of validity)
  t.test(`valid for ${name}`, async (t) => {
    const now = at('00:00:00')
    t.strictSame(validityOf(asked, { now, longest: 365 * 24 * 60 * minute }), {
      notBefore: now - 5 * minute,
      notAfter: now + expected * minute,
    })
  })

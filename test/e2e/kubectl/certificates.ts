import 'reflect-metadata'
import { Pkcs10CertificateRequestGenerator, X509Certificate } from '@peculiar/x509'
import { eventually, mustMatch } from '../eventually.ts'
import type { Row } from './row.ts'

async function requestOf(name: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm })
  return Buffer.from(request.toString('pem')).toString('base64')
}

const csr = (name: string, request: string): string => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: ${name} }
spec:
  request: ${request}
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
`

export const certificates: Row[] = [
  {
    name: 'certificate approves and denies requests',
    async check(t, { kubectl, namespace }) {
      const [wanted, refused] = [`${namespace}-wanted`, `${namespace}-refused`]
      t.teardown(() => kubectl('delete', 'csr', wanted, refused, '--ignore-not-found'))
      for (const name of [wanted, refused]) {
        t.match(await kubectl.apply(csr(name, await requestOf(`CN=${name}`))), /created/)
        t.match(await kubectl('get', 'csr', name), /kubernetes.io\/kube-apiserver-client +\S+ +<none> +Pending/)
      }
      t.match(await kubectl('certificate', 'approve', wanted), /approved/)
      t.match(await kubectl('certificate', 'deny', refused), /denied/)
      await eventually(async () => mustMatch(await kubectl('get', 'csr', wanted), /Approved,Issued/))
      t.match(await kubectl('get', 'csr', refused), /Denied/)
      const issued = await kubectl('get', 'csr', wanted, '-o', 'jsonpath={.status.certificate}')
      t.equal(new X509Certificate(Buffer.from(issued, 'base64').toString()).subject, `CN=${wanted}`)
    },
  },
]

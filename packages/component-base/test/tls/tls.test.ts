import { execFile } from 'node:child_process'
import { createPublicKey, sign, verify } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { promisify } from 'node:util'
import t from 'tap'
import {
  createCertificateAuthority,
  createCertificateRequest,
  createSigningKeyPair,
  issueCertificate,
  loadCertificateAuthority,
  parseCertificate,
  parseCertificateRequest,
  signCertificateRequest,
} from '../../src/tls/index.ts'

const run = promisify(execFile)
const authority = await createCertificateAuthority({ commonName: 'kubernetes' })

const openssl = async (dir: string, certificate: string, purpose: string) => {
  await writeFile(join(dir, 'ca.pem'), authority.certificate)
  await writeFile(join(dir, 'leaf.pem'), certificate)
  return run('openssl', [
    'verify',
    '-x509_strict',
    '-purpose',
    purpose,
    '-CAfile',
    join(dir, 'ca.pem'),
    join(dir, 'leaf.pem'),
  ])
}

t.test('openssl accepts a server and a client certificate for their purpose only', async (t) => {
  const server = await issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local'],
    ipAddresses: ['10.96.0.1', '127.0.0.1', 'fd00::1'],
    usages: ['server auth'],
  })
  t.match((await openssl(t.testdir(), server.certificate, 'sslserver')).stdout, 'OK')
  await t.rejects(openssl(t.testdir(), server.certificate, 'sslclient'))
  t.match(parseCertificate(server.certificate), {
    commonName: 'kube-apiserver',
    dnsNames: ['kubernetes', 'kubernetes.default.svc.cluster.local'],
    isCertificateAuthority: false,
  })
  t.equal(parseCertificate(server.certificate).ipAddresses.length, 3)
})

t.test('groups are kept apart, in order', async (t) => {
  const { certificate } = await issueCertificate(authority, {
    commonName: 'system:node:n1',
    organizations: ['system:nodes', 'with, comma'],
    usages: ['client auth'],
  })
  t.match(parseCertificate(certificate), {
    commonName: 'system:node:n1',
    organizations: ['system:nodes', 'with, comma'],
  })
  t.match((await openssl(t.testdir(), certificate, 'sslclient')).stdout, 'OK')
})

t.test('a certificate never outlives its authority', async (t) => {
  const short = await createCertificateAuthority({ commonName: 'short', validity: 1000 })
  const { certificate } = await issueCertificate(short, { commonName: 'x', usages: ['client auth'] })
  t.ok(parseCertificate(certificate).notAfter <= parseCertificate(short.certificate).notAfter)
})

t.test('an authority read back from PEM signs on', async (t) => {
  const loaded = await loadCertificateAuthority({ certificate: authority.certificate, key: authority.key })
  const { certificate } = await issueCertificate(loaded, { commonName: 'again', usages: ['client auth'] })
  t.match((await openssl(t.testdir(), certificate, 'sslclient')).stdout, 'OK')
})

t.test('an authority whose key openssl wrote as SEC 1 or as RSA signs too', async (t) => {
  const dir = t.testdir()
  const keys: [string, string[]][] = [
    ['ec.pem', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out']],
    ['rsa.pem', ['genrsa', '-traditional', '-out']],
  ]
  for (const [file, command] of keys) {
    const key = join(dir, file)
    const ca = join(dir, `${file}.crt`)
    await run('openssl', [...command, key, ...(file === 'rsa.pem' ? ['2048'] : [])])
    await run('openssl', ['req', '-x509', '-new', '-key', key, '-subj', '/CN=theirs', '-days', '30', '-out', ca])
    const { readFile } = await import('node:fs/promises')
    const theirs = await loadCertificateAuthority({
      certificate: await readFile(ca, 'utf8'),
      key: await readFile(key, 'utf8'),
    })
    const { certificate } = await issueCertificate(theirs, { commonName: 'leaf', usages: ['client auth'] })
    await writeFile(join(dir, 'leaf.pem'), certificate)
    t.match((await run('openssl', ['verify', '-CAfile', ca, join(dir, 'leaf.pem')])).stdout, 'OK', file)
  }
})

t.test('a certificate request keeps its subject and its key', async (t) => {
  const { request, key } = await createCertificateRequest({
    commonName: 'system:node:n1',
    organizations: ['system:nodes'],
    dnsNames: ['n1'],
  })
  t.match(parseCertificateRequest(request), {
    commonName: 'system:node:n1',
    organizations: ['system:nodes'],
    dnsNames: ['n1'],
  })
  const certificate = await signCertificateRequest(authority, request, { usages: ['client auth'] })
  t.match((await openssl(t.testdir(), certificate, 'sslclient')).stdout, 'OK')
  t.equal(
    createPublicKey(certificate).export({ type: 'spki', format: 'pem' }),
    createPublicKey(key).export({ type: 'spki', format: 'pem' }),
  )
})

t.test('mutual TLS with what was issued', async (t) => {
  const server = await issueCertificate(authority, {
    commonName: 's',
    ipAddresses: ['127.0.0.1'],
    usages: ['server auth'],
  })
  const client = await issueCertificate(authority, {
    commonName: 'jane',
    organizations: ['dev'],
    usages: ['client auth'],
  })
  const listener = createServer(
    {
      cert: server.certificate,
      key: server.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)),
  )
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const socket = connect({
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    ca: authority.certificate,
    cert: client.certificate,
    key: client.key,
  })
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  t.equal(text, 'jane')
})

t.test('a bad address is refused before anything is signed', async (t) => {
  await t.rejects(issueCertificate(authority, { commonName: 'x', ipAddresses: ['nowhere'], usages: ['server auth'] }), {
    message: /not an IP address/,
  })
})

t.test('a service account key pair signs and verifies', async (t) => {
  const { privateKey, publicKey } = await createSigningKeyPair()
  const data = Buffer.from('claims')
  t.ok(verify('sha256', data, publicKey, sign('sha256', data, privateKey)))
})

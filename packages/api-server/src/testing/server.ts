import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, silentLogger, systemClock } from '@tandem/component-base'
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createSigningKeyPair,
  issueCertificate,
} from '@tandem/component-base/tls/index'
import type { ApiServerOptions } from '../options.ts'
import { type RunningApiServer, startApiServer } from '../start.ts'

export interface TestUser {
  name: string
  groups?: readonly string[]
}

/** What a client of the test server needs, PEM and all. */
export interface TestClientConfig extends CertificateAndKey {
  server: string
  certificateAuthority: string
}

export interface TestServer {
  readonly url: string
  readonly server: RunningApiServer
  /** A directory of this server's own, removed by `stop`. */
  readonly directory: string
  /** A member of `system:masters` unless told otherwise. */
  clientConfig(user?: TestUser): Promise<TestClientConfig>
  /** The path of a kubeconfig file for `kubectl --kubeconfig`. */
  kubeconfig(user?: TestUser): Promise<string>
  /** Stops the server alone, and starts it again on the same port over the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const admin: TestUser = { name: 'kubernetes-admin', groups: ['system:masters'] }

/** A real API server in this process, on a free loopback port, with a CA and a store of its own. */
export async function startTestServer(
  options: Partial<ApiServerOptions> & { logger?: Logger } = {},
): Promise<TestServer> {
  const { logger = silentLogger, ...overrides } = options
  const directory = await mkdtemp(join(tmpdir(), 'tandem-apiserver-'))
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(directory, name), content, { mode: 0o600 })
    return join(directory, name)
  }
  const authority = await createCertificateAuthority({ commonName: 'kubernetes' })
  const serving = await issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1'],
    usages: ['server auth'],
  })
  const kubeletClient = await issueCertificate(authority, {
    commonName: 'kube-apiserver-kubelet-client',
    organizations: ['system:masters'],
    usages: ['client auth'],
  })
  const caFile = await file('ca.crt', authority.certificate)
  const serverOptions: ApiServerOptions = {
    bindAddress: '127.0.0.1',
    securePort: 0,
    serviceClusterIpRange: '10.96.0.0/16',
    dataDir: join(directory, 'store'),
    tlsCertFile: await file('apiserver.crt', serving.certificate),
    tlsPrivateKeyFile: await file('apiserver.key', serving.key),
    clientCaFile: caFile,
    serviceAccountSigningKeyFile: await file('sa.key', (await createSigningKeyPair()).privateKey),
    kubeletClientCertificate: await file('kubelet-client.crt', kubeletClient.certificate),
    kubeletClientKey: await file('kubelet-client.key', kubeletClient.key),
    kubeletCertificateAuthority: caFile,
    ...overrides,
  }
  let server = await startApiServer(serverOptions, { logger, clock: systemClock }).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true })
    throw error
  })
  const { port, url } = server

  const clientConfig = async ({ name, groups = [] }: TestUser = admin): Promise<TestClientConfig> => ({
    server: url,
    certificateAuthority: authority.certificate,
    ...(await issueCertificate(authority, { commonName: name, organizations: groups, usages: ['client auth'] })),
  })
  return {
    url,
    get server() {
      return server
    },
    directory,
    clientConfig,
    kubeconfig: async (user = admin) =>
      file(`${user.name.replace(/[^a-z0-9-]/gi, '-')}.conf`, kubeconfigOf(await clientConfig(user))),
    async restart() {
      await server.stop()
      server = await startApiServer({ ...serverOptions, securePort: port }, { logger, clock: systemClock })
    },
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** YAML is JSON here. */
function kubeconfigOf({ server, certificateAuthority, certificate, key }: TestClientConfig): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(certificateAuthority) } }],
    users: [{ name: 'test', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}

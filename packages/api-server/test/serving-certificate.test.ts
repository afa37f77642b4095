import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecureContextOptions, Server } from 'node:tls'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { loadCertificate, reloadCertificate } from '../src/serving-certificate.ts'

t.test('a certificate that changes on disk is served without a restart', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-certificate-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
  await writeFile(certFile, 'one')
  await writeFile(keyFile, 'key')
  const files = { certFile, keyFile, caFile: undefined }
  const served: string[] = []
  const changed = Promise.withResolvers<void>()
  const server = {
    setSecureContext({ cert }: SecureContextOptions) {
      served.push(String(cert))
      changed.resolve()
    },
  } as unknown as Server
  const clock = new FakeClock()
  const stopping = new AbortController()
  const loaded = await loadCertificate(files)
  const running = reloadCertificate(server, files, { clock, logger: silentLogger, signal: stopping.signal, loaded })
  await writeFile(certFile, 'two')
  await clock.advance(60_000)
  await changed.promise
  t.same(served, ['two'])
  stopping.abort()
  await running
})

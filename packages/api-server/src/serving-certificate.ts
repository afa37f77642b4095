import { readFile } from 'node:fs/promises'
import type { Server } from 'node:tls'
import type { Clock, Logger } from '@tandem/component-base'

export interface CertificateFiles {
  certFile: string
  keyFile: string
  caFile: string | undefined
}

export interface LoadedCertificate {
  cert: Buffer
  key: Buffer
  ca: Buffer | undefined
}

export async function loadCertificate({ certFile, keyFile, caFile }: CertificateFiles): Promise<LoadedCertificate> {
  const [cert, key, ca] = await Promise.all([
    readFile(certFile),
    readFile(keyFile),
    caFile ? readFile(caFile) : undefined,
  ])
  return { cert, key, ca }
}

const checkEvery = 60_000

/** Serves a renewed certificate, or one for a new address, without a restart. Connections that are open keep theirs. */
export async function reloadCertificate(
  server: Server,
  files: CertificateFiles,
  { clock, logger, signal, loaded }: { clock: Clock; logger: Logger; signal: AbortSignal; loaded: LoadedCertificate },
): Promise<void> {
  let current = loaded
  while (!signal.aborted) {
    try {
      await clock.sleep(checkEvery, signal)
      const latest = await loadCertificate(files)
      if (same(latest, current)) continue
      server.setSecureContext({ ...latest })
      current = latest
      logger.info({ file: files.certFile }, 'reloaded the serving certificate')
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'cannot reload the serving certificate')
    }
  }
}

const same = (a: LoadedCertificate, b: LoadedCertificate): boolean =>
  a.cert.equals(b.cert) &&
  a.key.equals(b.key) &&
  (a.ca === b.ca || (a.ca !== undefined && b.ca !== undefined && a.ca.equals(b.ca)))

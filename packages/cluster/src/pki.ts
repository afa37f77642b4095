import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import {
  type CertificateAuthority,
  type CertificateOptions,
  createCertificateAuthority,
  createSigningKeyPair,
  issueCertificate,
  loadCertificateAuthority,
} from '@tandem/component-base/tls/index'
import { readFileIfThere, writeFileAtomically } from './files.ts'
import type { ClusterPlan } from './plan.ts'

/** Certificates are issued anew when less than this is left of them. */
const renewBefore = 90 * 24 * 3600 * 1000

export interface IssuedCertificate {
  file: string
  options: CertificateOptions
}

/** The first address of the service range: `kubernetes.default`. */
export const kubernetesServiceAddress = (serviceCidr: string): string => serviceCidr.replace(/\.0\/.*$/, '.1')

/** Of a component that is asked over loopback alone, for its health and metrics. */
const onLoopback = (file: string, commonName: string): IssuedCertificate => ({
  file,
  options: { commonName, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server auth'] },
})

const client = (file: string, commonName: string, organizations: string[] = []): IssuedCertificate => ({
  file,
  options: { commonName, organizations, usages: ['client auth'] },
})

/** Every certificate of a cluster: who it names and what it may be used for. */
export function certificatesOf(plan: ClusterPlan, extraAddresses: readonly string[] = []): IssuedCertificate[] {
  const services = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${plan.clusterDomain}`,
  ]
  const addresses = [
    ...new Set(['127.0.0.1', plan.hostAddress, kubernetesServiceAddress(plan.serviceCidr), ...extraAddresses]),
  ]
  return [
    {
      file: 'apiserver',
      options: {
        commonName: 'kube-apiserver',
        dnsNames: [...services, 'localhost', plan.nodeName],
        ipAddresses: addresses,
        usages: ['server auth'],
      },
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', ['system:masters']),
    {
      file: 'kubelet',
      options: {
        commonName: `system:node:${plan.nodeName}`,
        organizations: ['system:nodes'],
        dnsNames: [plan.nodeName, 'localhost'],
        ipAddresses: ['127.0.0.1', plan.hostAddress],
        usages: ['server auth'],
      },
    },
    client('admin', 'kubernetes-admin', ['system:masters']),
    client('kubelet-client', `system:node:${plan.nodeName}`, ['system:nodes']),
    client('controller-manager', 'system:kube-controller-manager'),
    client('scheduler', 'system:kube-scheduler'),
    onLoopback('controller-manager-server', 'kube-controller-manager'),
    onLoopback('scheduler-server', 'kube-scheduler'),
    client('proxy', 'system:kube-proxy'),
    client('dns', 'system:kube-dns'),
    client('promotion-reader', 'tandem:promotion-reader'),
    ...(plan.simulatedNodes ? [client('simulated-nodes', 'tandem:simulated-nodes')] : []),
  ]
}

/** Makes what is missing of the cluster's keys and certificates, and renews what is old or names another address. Safe to repeat. */
export async function ensurePki(plan: ClusterPlan, extraAddresses: readonly string[] = []): Promise<void> {
  const authority = await ensureAuthority(plan)
  await ensureSigningKey(plan)
  for (const { file, options } of certificatesOf(plan, extraAddresses)) {
    const present = readFileIfThere(pkiPath(plan, `${file}.crt`))
    if (present && readFileIfThere(pkiPath(plan, `${file}.key`)) && stillGood(present, options)) continue
    const { certificate, key } = await issueCertificate(authority, options)
    writeFileAtomically(pkiPath(plan, `${file}.key`), key)
    writeFileAtomically(pkiPath(plan, `${file}.crt`), certificate, { mode: 0o644 })
  }
}

export const pkiPath = (plan: ClusterPlan, file: string): string => join(plan.directory, 'pki', file)

async function ensureAuthority(plan: ClusterPlan): Promise<CertificateAuthority> {
  const certificate = readFileIfThere(pkiPath(plan, 'ca.crt'))
  const key = readFileIfThere(pkiPath(plan, 'ca.key'))
  if (certificate && key) return loadCertificateAuthority({ certificate, key })
  const made = await createCertificateAuthority({ commonName: `tandem-${plan.name}-ca` })
  writeFileAtomically(pkiPath(plan, 'ca.key'), made.key)
  writeFileAtomically(pkiPath(plan, 'ca.crt'), made.certificate, { mode: 0o644 })
  return made
}

async function ensureSigningKey(plan: ClusterPlan): Promise<void> {
  if (readFileIfThere(pkiPath(plan, 'sa.key')) && readFileIfThere(pkiPath(plan, 'sa.pub'))) return
  const { privateKey, publicKey } = await createSigningKeyPair()
  writeFileAtomically(pkiPath(plan, 'sa.key'), privateKey)
  writeFileAtomically(pkiPath(plan, 'sa.pub'), publicKey, { mode: 0o644 })
}

function stillGood(pem: string, options: CertificateOptions, now: number = Date.now()): boolean {
  const present = new X509Certificate(pem)
  const covers = (options.ipAddresses ?? []).every((address) => present.checkIP(address))
  return covers && present.validToDate.getTime() - now > renewBefore
}

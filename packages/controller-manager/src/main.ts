#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { type ClientConfig, loadInClusterConfig, loadKubeconfig } from '@tandem/client'
import { type FlagValues, runBinary } from '@tandem/component-base/flags/index'
import { concurrencyOf, flags, settingsOf } from './flags.ts'
import { startControllerManager } from './start.ts'

const readOptional = async (path: string | undefined): Promise<string | undefined> =>
  path ? readFile(path, 'utf8') : undefined

const configOf = ({ kubeconfig }: FlagValues<typeof flags>): Promise<ClientConfig> =>
  kubeconfig ? loadKubeconfig(kubeconfig) : loadInClusterConfig()

await runBinary({
  name: 'tandem-controller-manager',
  description: 'Runs the controllers that make what is in a cluster into what should be.',
  example:
    'tandem-controller-manager --kubeconfig=controller-manager.conf --allocate-node-cidrs --cluster-cidr=10.244.0.0/16',
  flags,
  config: { apiVersion: 'kubecontrollermanager.config.k8s.io/v1alpha1', kind: 'KubeControllerManagerConfiguration' },
  async start(values, context) {
    const config = await configOf(values)
    const [certificate, key] = await Promise.all([
      readOptional(values['tls-cert-file']),
      readOptional(values['tls-private-key-file']),
    ])
    // What the cluster's pods should trust: the file that says so, or else what we trust ourselves.
    const rootCertificate = (await readOptional(values['root-ca-file'])) ?? config.certificateAuthority
    return startControllerManager(
      {
        config,
        controllers: values.controllers,
        useServiceAccountCredentials: values['use-service-account-credentials'],
        leaderElect: values['leader-elect'],
        leaderElection: {
          namespace: values['leader-elect-resource-namespace'],
          name: values['leader-elect-resource-name'],
          leaseDurationMs: values['leader-elect-lease-duration'],
          renewDeadlineMs: values['leader-elect-renew-deadline'],
          retryPeriodMs: values['leader-elect-retry-period'],
        },
        securePort: values['secure-port'],
        bindAddress: values['bind-address'],
        tls: certificate && key ? { certificate, key } : undefined,
        concurrency: concurrencyOf(values),
        settings: { ...settingsOf(values), 'root-ca': rootCertificate },
      },
      context,
    )
  },
})

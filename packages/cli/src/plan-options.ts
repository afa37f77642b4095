import type { ClusterName, ClusterPlan } from '@tandem/cluster/plan'
import type { Command } from 'commander'

/** Flags that change a value of a cluster's plan: `--prod-pod-cidr`, `--staging-lb-pool` … */
const planFlags = [
  { flag: 'pod-cidr', value: '<cidr>', help: 'addresses of pods', key: 'podCidr' },
  { flag: 'service-cidr', value: '<cidr>', help: 'addresses of Services', key: 'serviceCidr' },
  {
    flag: 'dns-address',
    value: '<ip>',
    help: 'address of the DNS Service, within the service range',
    key: 'dnsAddress',
  },
  { flag: 'lb-pool', value: '<cidr>', help: 'addresses of Services of type LoadBalancer', key: 'loadBalancerPool' },
  { flag: 'etcd-servers', value: '<urls>', help: 'an etcd to store objects in', key: 'etcdServers' },
  { flag: 'etcd-prefix', value: '<path>', help: 'where in etcd', key: 'etcdPrefix' },
  { flag: 'etcd-cafile', value: '<file>', help: 'who signed the certificate of etcd', key: 'etcdCafile' },
  { flag: 'etcd-certfile', value: '<file>', help: 'certificate for etcd', key: 'etcdCertfile' },
  { flag: 'etcd-keyfile', value: '<file>', help: 'key of that certificate', key: 'etcdKeyfile' },
  { flag: 'node-port-address', value: '<ip>', help: 'where NodePorts answer', key: 'nodePortAddress' },
] as const

const clusters = ['prod', 'staging'] as const

export type PlanOptions = Readonly<Record<string, string | number | boolean | undefined>>

export function addPlanOptions(command: Command): void {
  for (const cluster of clusters) {
    for (const { flag, value, help } of planFlags)
      command.option(`--${cluster}-${flag} ${value}`, `${cluster}: ${help}`)
    command.option(`--${cluster}-host-address <ip>`, `${cluster}: the address of this host to use`)
  }
}

/** The overrides that flags ask for; commander has made `--prod-pod-cidr` into `prodPodCidr`. */
export function planOverrides(
  options: PlanOptions,
  wanted: readonly ClusterName[],
): Partial<Record<ClusterName, Partial<ClusterPlan>>> {
  return Object.fromEntries(
    wanted.map((cluster) => [
      cluster,
      Object.fromEntries(
        [...planFlags.map(({ flag, key }) => [flag, key] as const), ['host-address', 'hostAddress'] as const].flatMap(
          ([flag, key]) => {
            const given = options[camelCase(`${cluster}-${flag}`)]
            return typeof given === 'string' ? [[key, given]] : []
          },
        ),
      ),
    ]),
  )
}

const camelCase = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

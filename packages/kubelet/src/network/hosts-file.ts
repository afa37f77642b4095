import type { Pod } from '@tandem/api/core/v1/types'

const longestHostname = 63

/** What `hostname` says in the pod, and the domain that makes it whole, if it has one. */
export function podHostname(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname, subdomain } = pod.spec
  const short = (hostname ?? pod.metadata.name).slice(0, longestHostname).replace(/[-.]+$/, '')
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname: pod.spec.setHostnameAsFQDN && domain ? `${short}.${domain}` : short, domain }
}

const localEntries = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
]

/** The pod's /etc/hosts: its own names, or the host's file where it shares the host's network, and the aliases asked for. */
export function hostsFile(options: {
  pod: Pod
  ips: readonly string[]
  hostname: string
  domain: string
  hostFile: string
}): string {
  const { pod, ips, hostname, domain, hostFile } = options
  const short = hostname.split('.')[0] ?? hostname
  const names = domain ? `${short}.${domain}\t${short}` : short
  const head = pod.spec.hostNetwork
    ? ['# Kubernetes-managed hosts file (host network).', hostFile.replace(/\n+$/, '')]
    : ['# Kubernetes-managed hosts file.', ...localEntries, ...ips.map((ip) => `${ip}\t${names}`)]
  const aliases = (pod.spec.hostAliases ?? []).filter(({ hostnames }) => (hostnames ?? []).length > 0)
  const tail =
    aliases.length > 0
      ? [
          '',
          '# Entries added by HostAliases.',
          ...aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`),
        ]
      : []
  return `${[...head, ...tail].join('\n')}\n`
}

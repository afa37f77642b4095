import { join } from 'node:path'
import { encryptionConfigPath } from './encryption.ts'
import type { ClusterPlan } from './plan.ts'
import { storageFlags } from './storage.ts'

/** One process of a cluster: the arguments that systemd units, compose files and `up` all give the same binary. */
export interface ComponentSpec {
  name: ComponentName
  binary: string
  args: string[]
  /** What the process is given beside what it inherits. */
  environment: Record<string, string>
  /** Answers 200 once the component is at work. */
  healthUrl: string
}

export type ComponentName =
  | 'apiserver'
  | 'controller-manager'
  | 'scheduler'
  | 'kubelet'
  | 'proxy'
  | 'dns'
  | 'simulated-nodes'

/**
 * Memory that a process which is idle most of the time would take and keep. V8 would give up to 32 MiB to objects that die young; the API
 * server's requests make more of them, and below `youngGeneration` its processor time for each would grow. glibc would give each thread
 * that allocates room of its own, though few of them do so at once: an API server after much work is a quarter smaller without.
 */
const memory = ({ youngGeneration }: { youngGeneration: number }): Record<string, string> => ({
  NODE_OPTIONS: `--max-semi-space-size=${youngGeneration}`,
  MALLOC_ARENA_MAX: '1',
})
const environment = memory({ youngGeneration: 2 })

/** The disk of a shared host is others' too: a share of it says little, so pods are evicted for what is left of it alone. */
const sharedHostEviction =
  'memory.available<100Mi,nodefs.available<1Gi,nodefs.inodesFree<5%,imagefs.available<1Gi,imagefs.inodesFree<5%'

/** In the order of their start; each starts at once and waits for the API server by itself. */
export function componentsOf(plan: ClusterPlan): ComponentSpec[] {
  const pki = (file: string) => join(plan.directory, 'pki', file)
  const kubeconfig = (component: string) => `--kubeconfig=${join(plan.directory, `${component}.conf`)}`
  const serving = (component: string) => [
    `--tls-cert-file=${pki(`${component}-server.crt`)}`,
    `--tls-private-key-file=${pki(`${component}-server.key`)}`,
  ]
  const { ports } = plan
  return [
    {
      name: 'apiserver',
      binary: 'tandem-apiserver',
      environment: memory({ youngGeneration: 4 }),
      healthUrl: `https://127.0.0.1:${ports.apiServer}/readyz`,
      args: [
        ...storageFlags(plan),
        '--bind-address=0.0.0.0',
        `--secure-port=${ports.apiServer}`,
        `--advertise-address=${plan.hostAddress}`,
        `--service-cluster-ip-range=${plan.serviceCidr}`,
        '--authorization-mode=Node,RBAC',
        ...(plan.podSecurity ? [`--pod-security-enforce=${plan.podSecurity}`] : []),
        `--encryption-provider-config=${encryptionConfigPath(plan)}`,
        '--encryption-provider-config-automatic-reload=true',
        `--client-ca-file=${pki('ca.crt')}`,
        `--tls-cert-file=${pki('apiserver.crt')}`,
        `--tls-private-key-file=${pki('apiserver.key')}`,
        `--service-account-key-file=${pki('sa.pub')}`,
        `--service-account-signing-key-file=${pki('sa.key')}`,
        `--service-account-issuer=https://kubernetes.default.svc.${plan.clusterDomain}`,
        `--kubelet-certificate-authority=${pki('ca.crt')}`,
        `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
        `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
      ],
    },
    {
      name: 'controller-manager',
      binary: 'tandem-controller-manager',
      environment,
      healthUrl: `https://127.0.0.1:${ports.controllerManager}/healthz`,
      args: [
        kubeconfig('controller-manager'),
        `--secure-port=${ports.controllerManager}`,
        ...serving('controller-manager'),
        '--allocate-node-cidrs=true',
        `--cluster-cidr=${plan.podCidr}`,
        `--service-account-private-key-file=${pki('sa.key')}`,
        `--root-ca-file=${pki('ca.crt')}`,
        `--cluster-signing-cert-file=${pki('ca.crt')}`,
        `--cluster-signing-key-file=${pki('ca.key')}`,
        `--lb-pool=${plan.loadBalancerPool}`,
        // One process each, which the supervisor vouches for: a successor need not wait for a lease to run out.
        '--leader-elect=false',
      ],
    },
    {
      name: 'scheduler',
      binary: 'tandem-scheduler',
      // It allocates fast while pods wait, and is no larger at rest.
      environment: memory({ youngGeneration: 8 }),
      healthUrl: `https://127.0.0.1:${ports.scheduler}/healthz`,
      args: [
        kubeconfig('scheduler'),
        `--secure-port=${ports.scheduler}`,
        ...serving('scheduler'),
        '--leader-elect=false',
      ],
    },
    {
      name: 'kubelet',
      binary: 'tandem-kubelet',
      environment,
      healthUrl: `http://127.0.0.1:${ports.kubeletHealthz}/healthz`,
      args: [
        kubeconfig('kubelet'),
        `--cluster-name=${plan.context}`,
        `--root-dir=${join(plan.directory, 'kubelet')}`,
        `--pod-log-dir=${join(plan.directory, 'log', 'pods')}`,
        `--port=${ports.kubelet}`,
        `--healthz-port=${ports.kubeletHealthz}`,
        `--hostname-override=${plan.nodeName}`,
        `--node-ip=${plan.hostAddress}`,
        `--client-ca-file=${pki('ca.crt')}`,
        `--tls-cert-file=${pki('kubelet.crt')}`,
        `--tls-private-key-file=${pki('kubelet.key')}`,
        `--cluster-dns=${plan.dnsAddress}`,
        `--cluster-domain=${plan.clusterDomain}`,
        `--bridge-name=${plan.bridge}`,
        `--chain-prefix=${plan.chainPrefix}`,
        `--cluster-cidr=${plan.podCidr}`,
        `--docker-endpoint=${plan.engineSocket}`,
        `--cgroup-root=${plan.cgroup}`,
        `--service-cidr=${plan.serviceCidr}`,
        `--lb-pool=${plan.loadBalancerPool}`,
        ...(plan.nodePortAddress ? [`--host-port-address=${plan.nodePortAddress}`] : []),
        ...(plan.capacity
          ? [
              `--capacity=cpu=${plan.capacity.cpu},memory=${plan.capacity.memory}`,
              `--eviction-hard=${sharedHostEviction}`,
            ]
          : []),
      ],
    },
    {
      name: 'proxy',
      binary: 'tandem-proxy',
      environment,
      healthUrl: `http://127.0.0.1:${ports.proxyHealthz}/healthz`,
      args: [
        kubeconfig('proxy'),
        `--hostname-override=${plan.nodeName}`,
        `--cluster-cidr=${plan.podCidr}`,
        `--chain-prefix=${plan.chainPrefix}`,
        `--iptables-masquerade-bit=${plan.masqueradeBit}`,
        `--healthz-bind-address=127.0.0.1:${ports.proxyHealthz}`,
        `--metrics-bind-address=127.0.0.1:${ports.proxyMetrics}`,
        `--lb-pool=${plan.loadBalancerPool}`,
        `--route-protocol=${plan.routeProtocol}`,
        ...(plan.nodePortAddress ? [`--nodeport-addresses=${plan.nodePortAddress}/32`] : []),
        ...(plan.isolateFrom.length > 0 ? [`--isolate-from=${plan.isolateFrom.join(',')}`] : []),
        ...(plan.isolatePorts.length > 0 ? [`--isolate-ports=${plan.isolatePorts.join(',')}`] : []),
      ],
    },
    {
      name: 'dns',
      binary: 'tandem-dns',
      environment,
      healthUrl: `http://127.0.0.1:${ports.dnsMetrics}/healthz`,
      args: [
        kubeconfig('dns'),
        `--bind-address=${plan.hostAddress}`,
        `--port=${ports.dns}`,
        `--healthz-bind-address=127.0.0.1:${ports.dnsMetrics}`,
        `--cluster-domain=${plan.clusterDomain}`,
        `--cluster-dns=${plan.dnsAddress}`,
      ],
    },
    ...(plan.simulatedNodes
      ? [
          {
            name: 'simulated-nodes' as const,
            binary: 'tandem-simulated-nodes',
            environment,
            healthUrl: `http://127.0.0.1:${ports.simulatedNodes}/readyz`,
            args: [
              kubeconfig('simulated-nodes'),
              `--nodes=${plan.simulatedNodes}`,
              `--healthz-bind-address=127.0.0.1:${ports.simulatedNodes}`,
            ],
          },
        ]
      : []),
  ]
}

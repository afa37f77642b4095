import { readFileSync } from 'node:fs'
import { startApiServer } from '@tandem/api-server'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import type { ComponentContext, RunningComponent } from '@tandem/component-base'
import { startControllerManager } from '@tandem/controller-manager'
import { startScheduler } from '@tandem/scheduler'
import { kubeconfigPath, writeKubeconfigs } from './kubeconfigs.ts'
import { ensurePki, pkiPath } from './pki.ts'
import type { ClusterPlan } from './plan.ts'
import { dataDirectory, etcdOf } from './storage.ts'

export interface RunningControlPlane extends RunningComponent {
  /** `https://host:port` */
  url: string
  /** A kubeconfig file with admin credentials. */
  kubeconfig: string
}

/** API server, controllers and scheduler in this process, for tests and where memory counts. Needs no engine and no root. */
export async function startControlPlane(plan: ClusterPlan, context: ComponentContext): Promise<RunningControlPlane> {
  await ensurePki(plan)
  const file = (name: string) => pkiPath(plan, name)
  const etcd = etcdOf(plan)
  const apiServer = await startApiServer(
    {
      bindAddress: '127.0.0.1',
      securePort: plan.ports.apiServer,
      advertiseAddress: plan.hostAddress,
      serviceClusterIpRange: plan.serviceCidr,
      ...(etcd ? { etcd } : { dataDir: dataDirectory(plan) }),
      tlsCertFile: file('apiserver.crt'),
      tlsPrivateKeyFile: file('apiserver.key'),
      clientCaFile: file('ca.crt'),
      serviceAccountKeyFiles: [file('sa.pub')],
      serviceAccountSigningKeyFile: file('sa.key'),
      kubeletCertificateAuthority: file('ca.crt'),
      kubeletClientCertificate: file('apiserver-kubelet-client.crt'),
      kubeletClientKey: file('apiserver-kubelet-client.key'),
    },
    context,
  )
  writeKubeconfigs({ ...plan, hostAddress: '127.0.0.1', ports: { ...plan.ports, apiServer: apiServer.port } })
  const parts: RunningComponent[] = [apiServer]
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.stop()
  }
  try {
    parts.push(
      await startControllerManager(
        {
          config: await loadKubeconfig(kubeconfigPath(plan, 'controller-manager')),
          leaderElect: false,
          settings: {
            'cluster-cidr': plan.podCidr,
            'allocate-node-cidrs': 'true',
            'lb-pool': plan.loadBalancerPool,
            'root-ca': readFileSync(file('ca.crt'), 'utf8'),
            'cluster-signing-cert-file': file('ca.crt'),
            'cluster-signing-key-file': file('ca.key'),
          },
        },
        context,
      ),
      await startScheduler(
        { kubeconfig: kubeconfigPath(plan, 'scheduler'), 'leader-elect': false, 'secure-port': 0 },
        context,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: plan.context,
    url: apiServer.url,
    kubeconfig: kubeconfigPath(plan, 'admin'),
    done: apiServer.done,
    stop,
  }
}

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { clusterLabel } from '@tandem/kubelet/container-runtime/docker/labels'
import { pauseImage } from '@tandem/kubelet/container-runtime/docker/pause-image'
import { CniNetwork, defaultBinaryDirectories } from '@tandem/kubelet/network/cni-network'
import { openHeldAddresses, openIptables, removeChains, runCommand } from '@tandem/netfilter'
import Docker from 'dockerode'
import { removeLoopbackAddress } from './host/addresses.ts'
import { removeCgroup } from './host/cgroups.ts'
import { unmountBelow } from './host/mounts.ts'
import type { ClusterPlan } from './plan.ts'
import { sampleImage } from './sample-app/image.ts'

export interface PurgeOptions {
  /** The engine's socket; absent when no engine runs, and then there are no containers to remove. */
  socketPath: string | undefined
}

/** Removes everything of a stopped cluster from the host, in the order in which one thing holds on to another. Safe to repeat. */
export async function purgeCluster(plan: ClusterPlan, { socketPath }: PurgeOptions): Promise<void> {
  if (socketPath) await removeContainers(socketPath, plan)
  await releasePodAddresses(plan)
  await removeRules(plan)
  await unmountBelow(plan.directory)
  await openHeldAddresses({ protocol: plan.routeProtocol }).hold([])
  if (plan.nodePortAddress) await removeLoopbackAddress(plan.nodePortAddress)
  await runCommand('ip', ['link', 'delete', plan.bridge]).catch(() => '')
  await removeCgroup(plan.cgroup)
  rmSync(plan.directory, { recursive: true, force: true })
}

async function removeContainers(socketPath: string, plan: ClusterPlan): Promise<void> {
  const docker = new Docker({ socketPath })
  const filters = { label: [`${clusterLabel}=${plan.context}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
}

/** The images that are Tandem's own. One that another installation's containers use stays, for the engine refuses. */
export async function removeOwnImages(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath })
  for (const name of [pauseImage, sampleImage])
    await docker
      .getImage(name)
      .remove()
      .catch(() => undefined)
}

/** Host ports and addresses are given back by the plugins that took them. */
async function releasePodAddresses(plan: ClusterPlan): Promise<void> {
  const stateDirectory = join(plan.directory, 'kubelet', 'network')
  const network = new CniNetwork({
    stateDirectory,
    binaryDirectories: defaultBinaryDirectories(),
    network: () => undefined,
  })
  for (const sandbox of network.sandboxes) await network.remove(sandbox).catch(() => undefined)
}

/** The cluster's own chains, and the portmap plugin's shared ones once no pod's host port is left in them. */
async function removeRules(plan: ClusterPlan): Promise<void> {
  const iptables = await openIptables()
  await removeChains(iptables, (chain) => chain.startsWith(`${plan.chainPrefix}-`))
  if (!(await iptables.save('nat')).includes(':CNI-DN-'))
    await removeChains(iptables, (chain) => chain.startsWith('CNI-HOSTPORT-'))
}

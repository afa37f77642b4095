import { mkdirSync } from 'node:fs'
import { cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { runCommand, setSysctls } from '@tandem/netfilter'
import { componentsOf } from './components.ts'
import { ensureEncryptionConfig } from './encryption.ts'
import { readFileIfThere, writeFileAtomically } from './files.ts'
import { addLoopbackAddress, hostAddress, readRoutes } from './host/addresses.ts'
import { ensureCgroup } from './host/cgroups.ts'
import { engineSocket } from './host/engine.ts'
import { neededSysctls, sysctlRecord } from './host/record.ts'
import { writeKubeconfigs } from './kubeconfigs.ts'
import { ensurePki } from './pki.ts'
import { type ClusterName, type ClusterPlan, planClusters } from './plan.ts'
import { findOverlaps } from './ranges.ts'
import { storageConflict, storeOf } from './storage.ts'

/** A reason why clusters cannot be brought up that the person at the keyboard can do something about. */
export class UpError extends Error {
  readonly code = 'UP_REFUSED'
}

export interface PlanRequest {
  root: string
  clusters: readonly ClusterName[]
  overrides?: Partial<Record<ClusterName, Partial<ClusterPlan>>>
}

const planPath = (directory: string): string => join(directory, 'plan.json')

/** The plans of clusters that were prepared below a root. */
export function readPlans(root: string): ClusterPlan[] {
  return (['prod', 'staging'] as const)
    .map((name) => readFileIfThere(planPath(join(root, name))))
    .filter((content) => content !== undefined)
    .map((content) => JSON.parse(content) as ClusterPlan)
}

/** Makes plans for this host, or refuses with a range that is free where one is taken. */
export async function makePlans({ root, clusters, overrides }: PlanRequest): Promise<ClusterPlan[]> {
  const address = overrides?.prod?.hostAddress ?? overrides?.staging?.hostAddress ?? (await hostAddress())
  if (!address)
    throw new UpError(
      'this host has no address but loopback; give it one, or name one with --prod-host-address and --staging-host-address',
    )
  const host = {
    hostname: hostname(),
    address,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    engineSocket: engineSocket(),
  }
  const earlier = readPlans(root)
  const beside = plansBeside(earlier, clusters)
  const plans = planClusters({
    root,
    host,
    clusters,
    beside,
    overrides: withEarlierNames(earlier, clusters, overrides),
  })
  for (const plan of plans) {
    const conflict = storageConflict(
      earlier.find(({ name }) => name === plan.name),
      plan,
    )
    if (conflict) throw new UpError(conflict)
  }
  const routes = earlier.length === 0 ? await readRoutes() : []
  const [overlap] = findOverlaps([...beside, ...plans], routes)
  if (overlap) {
    const suggestion = overlap.suggestion ? `; ${overlap.flag}=${overlap.suggestion} is free` : ''
    throw new UpError(`${overlap.flag}=${overlap.range} overlaps with ${overlap.takenBy}${suggestion}`)
  }
  return plans
}

/** Those of the host's clusters that a request leaves as they are. */
export const plansBeside = (earlier: readonly ClusterPlan[], clusters: readonly ClusterName[]): ClusterPlan[] =>
  earlier.filter(({ name }) => !clusters.some((cluster) => cluster === name))

/**
 * Ranges, what chains begin with, where objects are stored and how many nodes are simulated stay as they were unless a flag says
 * otherwise: what runs has addresses in them, and rules under another name would be nobody's.
 */
const withEarlierNames = (
  earlier: readonly ClusterPlan[],
  clusters: readonly ClusterName[],
  overrides: PlanRequest['overrides'] = {},
): NonNullable<PlanRequest['overrides']> =>
  Object.fromEntries(clusters.map((name) => [name, { ...namesOf(earlier, name), ...overrides[name] }]))

function namesOf(plans: readonly ClusterPlan[], name: ClusterName): Partial<ClusterPlan> {
  const plan = plans.find((candidate) => candidate.name === name)
  if (!plan) return {}
  const { podCidr, serviceCidr, dnsAddress, loadBalancerPool, chainPrefix, simulatedNodes } = plan
  return {
    ...{ podCidr, serviceCidr, dnsAddress, loadBalancerPool, chainPrefix, ...storeOf(plan) },
    ...(simulatedNodes !== undefined && { simulatedNodes }),
  }
}

/** Kernel settings of the whole host, with the values from before kept. */
export async function prepareHost(root: string): Promise<void> {
  await runCommand('modprobe', ['br_netfilter']).catch(() => '')
  await setSysctls(neededSysctls, { record: sysctlRecord(root) })
}

/** Whatever a cluster's processes need before they start: keys, kubeconfigs, arguments, its cgroup and its address. Returns warnings. */
export async function prepareCluster(plan: ClusterPlan): Promise<string[]> {
  mkdirSync(plan.directory, { recursive: true, mode: 0o755 })
  await ensurePki(plan)
  ensureEncryptionConfig(plan)
  writeKubeconfigs(plan)
  if (plan.nodePortAddress) await addLoopbackAddress(plan.nodePortAddress)
  const problems = await ensureCgroup(plan.cgroup, plan.limits)
  for (const { name, args, environment } of componentsOf(plan)) {
    const variables = Object.entries({ ...environment, TANDEM_ARGS: args.join(' ') })
    const lines = variables.map(([variable, value]) => `${variable}="${value}"\n`)
    writeFileAtomically(join(plan.directory, 'env', name), lines.join(''))
  }
  // It holds no secret, and whoever has a kubeconfig may promote.
  writeFileAtomically(planPath(plan.directory), `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o644 })
  return problems.map((problem) => `${plan.name}: cgroup ${plan.cgroup}: ${problem}`)
}

export { planPath }

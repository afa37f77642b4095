import { adminClient } from '@tandem/cluster/admin-client'
import { engineSocket } from '@tandem/cluster/host/engine'
import { waitForNode } from '@tandem/cluster/node'
import type { ClusterName, ClusterPlan } from '@tandem/cluster/plan'
import { deploySampleApp, type SampleAppAddresses } from '@tandem/cluster/sample-app/deploy'
import { ensureSampleImage } from '@tandem/cluster/sample-app/image'
import { attach, up } from '@tandem/cluster/up'
import { systemClock } from '@tandem/component-base'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { CliCommand } from '../command.ts'
import { addPlanOptions, type PlanOptions, planOverrides } from '../plan-options.ts'
import { type Progress, showProgress } from '../printers/progress.ts'
import { formatTable } from '../printers/table.ts'
import { rootOption } from '../root-option.ts'

interface UpFlags extends PlanOptions {
  root: string
  sampleApp?: boolean
  attach?: boolean
  simulatedNodes?: number
}

export const command: CliCommand = {
  name: 'up',
  summary: 'bring up both clusters, or one, and keep them running',
  example: 'tandem up --sample-app',
  define(command: Command) {
    command
      .addArgument(new Argument('[cluster]', 'prod or staging; both when left out').choices(['prod', 'staging']))
      .addOption(rootOption())
      .option('--sample-app', 'deploy an app of two tiers to each cluster and wait until it answers')
      .option(
        '--simulated-nodes <count>',
        'beside the host, nodes with nothing behind them, for trying things at scale; kept by later calls, 0 takes them away',
        countOfNodes,
      )
      .option('--attach', 'start nothing: wait for components that systemd or Compose starts')
      .action(bringUp)
    addPlanOptions(command)
  },
}

async function bringUp(cluster: ClusterName | undefined, flags: UpFlags): Promise<void> {
  const progress = showProgress()
  const startedAt = performance.now()
  try {
    const clusters: ClusterName[] = cluster ? [cluster] : ['prod', 'staging']
    const request = { root: flags.root, progress: progress.step }
    const { plans, kubeconfig, warnings } = flags.attach
      ? await attach(request)
      : await up({ ...request, clusters, overrides: overridesOf(flags, clusters) })
    const samples = await Promise.all(plans.map((plan) => finishCluster(plan, flags, progress)))
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const names = plans.map(({ name }) => name)
    progress.succeed(`${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} up (${seconds} s)`)
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
    process.stdout.write(`${summary(plans, samples, kubeconfig)}\n`)
  } catch (error) {
    progress.fail()
    throw error
  }
}

const overridesOf = (flags: UpFlags, clusters: readonly ClusterName[]): ReturnType<typeof planOverrides> => {
  const { simulatedNodes } = flags
  const given = planOverrides(flags, clusters)
  return simulatedNodes === undefined
    ? given
    : Object.fromEntries(clusters.map((name) => [name, { ...given[name], simulatedNodes }]))
}

/** As many as upstream supports in a cluster. */
const mostNodes = 5000

function countOfNodes(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count > mostNodes)
    throw new InvalidArgumentError(`a number from 0 to ${mostNodes} is needed.`)
  return count
}

async function finishCluster(
  plan: ClusterPlan,
  flags: UpFlags,
  progress: Progress,
): Promise<SampleAppAddresses | undefined> {
  const client = await adminClient(plan)
  try {
    progress.step(`${plan.name}: waiting for the node`)
    await waitForNode(client, plan.nodeName)
    if (!flags.sampleApp) return undefined
    progress.step(`${plan.name}: deploying the sample app`)
    await ensureSampleImage(engineSocket())
    return await deploySampleApp(client, plan, systemClock)
  } finally {
    await client.close()
  }
}

function summary(
  plans: readonly ClusterPlan[],
  samples: readonly (SampleAppAddresses | undefined)[],
  kubeconfig: string,
): string {
  const rows = plans.flatMap((plan, index) => {
    const sample = samples[index]
    return [
      [plan.name, 'API server', `https://${plan.hostAddress}:${plan.ports.apiServer}`],
      [plan.name, 'kubectl', `kubectl --kubeconfig ${kubeconfig} --context ${plan.context} get pods -A`],
      ...(sample
        ? [
            [plan.name, 'sample app, ClusterIP', sample.clusterIP],
            [plan.name, 'sample app, NodePort', sample.nodePort],
            [plan.name, 'sample app, LoadBalancer', sample.loadBalancer],
          ]
        : []),
    ]
  })
  return formatTable(['cluster', 'what', 'where'], rows)
}

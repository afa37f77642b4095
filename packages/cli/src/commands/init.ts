import { writeMergedKubeconfig } from '@tandem/cluster/kubeconfigs'
import type { ClusterName } from '@tandem/cluster/plan'
import { makePlans, prepareCluster, prepareHost } from '@tandem/cluster/prepare'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../command.ts'
import { addPlanOptions, type PlanOptions, planOverrides } from '../plan-options.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'init',
  summary: 'make keys, kubeconfigs and component arguments, for systemd units or Compose to start the components with',
  example: 'tandem init prod staging',
  define(command) {
    command
      .argument('<clusters...>', 'all clusters that this host is to carry: prod, staging or both')
      .addOption(rootOption())
      .action(initialize)
    addPlanOptions(command)
  },
}

async function initialize(names: string[], options: PlanOptions & { root: string }): Promise<void> {
  const clusters = names.map(clusterName)
  const plans = await makePlans({ root: options.root, clusters, overrides: planOverrides(options, clusters) })
  await prepareHost(options.root)
  const warnings = (await Promise.all(plans.map(prepareCluster))).flat()
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  process.stdout.write(`${writeMergedKubeconfig(options.root, plans)}\n`)
}

function clusterName(name: string): ClusterName {
  if (name !== 'prod' && name !== 'staging')
    throw new UsageError(`there is no cluster ${name}; prod and staging can be made`)
  return name
}

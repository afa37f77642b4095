import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubeconfigPath } from '@tandem/cluster/kubeconfigs'
import { readPlans } from '@tandem/cluster/prepare'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../command.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'kubeconfig',
  summary: 'print a kubeconfig with admin credentials: of both clusters, or of one',
  example: 'tandem kubeconfig staging > staging.conf',
  define(command) {
    command
      .argument('[cluster]', 'prod or staging; both when left out')
      .option('--path', 'print the path of the file instead of its content')
      .addOption(rootOption())
      .action((cluster: string | undefined, { root, path }: { root: string; path?: boolean }) => {
        const file = cluster ? clusterFile(root, cluster) : join(root, 'kubeconfig')
        process.stdout.write(path ? `${file}\n` : readFileSync(file))
      })
  },
}

function clusterFile(root: string, cluster: string): string {
  const plan = readPlans(root).find(({ name }) => name === cluster)
  if (!plan) throw new UsageError(`there is no cluster ${cluster} below ${root}`)
  return kubeconfigPath(plan, 'admin')
}

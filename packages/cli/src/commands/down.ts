import { down } from '@tandem/cluster/down'
import { Argument } from 'commander'
import type { CliCommand } from '../command.ts'
import { showProgress } from '../printers/progress.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'down',
  summary: 'stop the clusters; with --purge, remove every trace of them',
  example: 'tandem down --purge',
  define(command) {
    command
      .addArgument(new Argument('[cluster]', 'prod or staging; both when left out').choices(['prod', 'staging']))
      .addOption(rootOption())
      .option('--purge', 'remove containers, rules, links, mounts and data, and stop an engine that up started')
      .action(async (cluster: string | undefined, { root, purge = false }: { root: string; purge?: boolean }) => {
        const progress = showProgress()
        await down({ root, purge, progress: progress.step, ...(cluster && { clusters: [cluster] }) })
        progress.succeed(
          purge ? 'removed' : 'stopped; containers and Services go on until the next up, or down --purge',
        )
      })
  },
}

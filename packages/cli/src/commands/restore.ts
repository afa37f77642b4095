import { Argument } from 'commander'
import type { CliCommand } from '../command.ts'
import { planOf } from '../plan-of.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'restore',
  summary: 'put a backup in place of what a stopped cluster stores',
  example: 'tandem restore prod prod.backup',
  define(command) {
    command
      .addArgument(new Argument('<cluster>', 'prod or staging').choices(['prod', 'staging']))
      .argument('<file>', 'what tandem backup made')
      .addOption(rootOption())
      .addOption(outputOption())
      .action(async (cluster: string, file: string, { root, output }: { root: string; output: OutputFormat }) => {
        // LevelDB is not loaded for other commands.
        const { restoreCluster } = await import('@tandem/cluster/backup')
        const result = await restoreCluster(planOf(root, cluster), file, root)
        const { entries, created, before } = result
        const aside = before ? `; what was there before is in ${before}` : ''
        print(output, result, () => `${cluster} has the ${entries} objects of ${created}${aside}`)
      })
  },
}

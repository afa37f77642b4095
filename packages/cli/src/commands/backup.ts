import { Argument } from 'commander'
import type { CliCommand } from '../command.ts'
import { planOf } from '../plan-of.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'backup',
  summary: 'write everything that a cluster stores into a file, while it runs',
  example: 'tandem backup prod prod.backup',
  define(command) {
    command
      .addArgument(new Argument('<cluster>', 'prod or staging').choices(['prod', 'staging']))
      .argument('<file>', 'the file to make; Secrets are in it as they are stored')
      .addOption(rootOption())
      .addOption(outputOption())
      .action(async (cluster: string, file: string, { root, output }: { root: string; output: OutputFormat }) => {
        // LevelDB is not loaded for other commands.
        const { backupCluster } = await import('@tandem/cluster/backup')
        const result = await backupCluster(planOf(root, cluster), file)
        print(
          output,
          result,
          () => `${file}: ${result.entries} objects of ${cluster}, as of revision ${result.revision}`,
        )
      })
  },
}

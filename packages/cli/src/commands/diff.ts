import { dryRun, selectObjects } from '@tandem/promotion'
import type { CliCommand } from '../command.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { withPromotionClients } from '../promotion-clients.ts'
import { rootOption } from '../root-option.ts'

interface DiffFlags {
  root: string
  namespace: string
  selector?: string
  output: OutputFormat
}

export const command: CliCommand = {
  name: 'diff',
  summary: 'show what a promotion from staging would change in prod; exit code 1 when it would change something',
  example: 'tandem diff deployment/front service/front',
  define(command) {
    command
      .argument('[objects...]', 'kind/name of each; everything a user made in the namespace when left out')
      .option('-n, --namespace <name>', 'the namespace, in both clusters', 'default')
      .option('-l, --selector <labels>', 'only objects with these labels')
      .addOption(rootOption())
      .addOption(outputOption())
      .action((names: string[], { root, namespace, selector, output }: DiffFlags) =>
        withPromotionClients(root, async ({ source, target }) => {
          const selected = await selectObjects(source, {
            namespace,
            names,
            ...(selector && { labelSelector: selector }),
          })
          const diffs = await dryRun(target, selected)
          const changes = diffs.filter(({ change }) => change !== 'none')
          print(output, diffs, () =>
            changes.length > 0 ? changes.map(({ patch }) => patch.trimEnd()).join('\n') : 'no change',
          )
          if (changes.length > 0) process.exitCode = 1
        }),
      )
  },
}

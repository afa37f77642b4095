import { promote } from '@tandem/promotion'
import { type CliCommand, UsageError } from '../command.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { showProgress } from '../printers/progress.ts'
import { formatTable } from '../printers/table.ts'
import { withPromotionClients } from '../promotion-clients.ts'
import { rootOption } from '../root-option.ts'

interface PromoteFlags {
  root: string
  namespace: string
  selector?: string
  timeout: string
  output: OutputFormat
}

export const command: CliCommand = {
  name: 'promote',
  summary: 'take objects from staging to prod, await their rollout, and put back the state before if it fails',
  example: 'tandem promote deployment/front service/front',
  define(command) {
    command
      .argument('[objects...]', 'kind/name of each; everything a user made in the namespace when left out')
      .option('-n, --namespace <name>', 'the namespace, in both clusters', 'default')
      .option('-l, --selector <labels>', 'only objects with these labels')
      .option('--timeout <seconds>', 'how long a rollout in prod may take', '600')
      .addOption(rootOption())
      .addOption(outputOption())
      .action(promoteObjects)
  },
}

async function promoteObjects(
  names: string[],
  { root, namespace, selector, timeout, output }: PromoteFlags,
): Promise<void> {
  const seconds = Number(timeout)
  if (!(seconds > 0)) throw new UsageError(`--timeout ${timeout}: a number of seconds above 0 is needed`)
  const progress = showProgress()
  await withPromotionClients(root, async ({ source, target }) => {
    try {
      const selection = { namespace, names, ...(selector && { labelSelector: selector }) }
      const { diffs } = await promote({ source, target, selection, timeoutMs: seconds * 1000, progress: progress.step })
      progress.succeed('promoted')
      print(output, diffs, () =>
        formatTable(
          ['kind', 'namespace', 'name', 'change'],
          diffs.map((diff) => [diff.kind, diff.namespace, diff.name, diff.change]),
        ),
      )
    } catch (error) {
      progress.fail()
      throw error
    }
  })
}

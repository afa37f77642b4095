import { adminClient } from '@tandem/cluster/admin-client'
import { encryptionStatus, rotateEncryptionKey } from '@tandem/cluster/encryption'
import type { ClusterPlan } from '@tandem/cluster/plan'
import { readPlans } from '@tandem/cluster/prepare'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../command.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { showProgress } from '../printers/progress.ts'
import { formatTable } from '../printers/table.ts'
import { rootOption } from '../root-option.ts'

const clusterArgument = ['[cluster]', 'prod or staging; both when left out'] as const

export const command: CliCommand = {
  name: 'encryption',
  summary: 'encrypt secrets at rest, and change the key they are under',
  example: 'tandem encryption rotate staging && tandem encryption status staging',
  define(command) {
    command
      .command('rotate')
      .description('put secrets under a new key, and forget the one before; turns encryption on where it was off')
      .argument(...clusterArgument)
      .addOption(rootOption())
      .action(async (cluster: string | undefined, { root }: { root: string }) => {
        for (const plan of plansOf(root, cluster)) await rotate(plan)
      })
    command
      .command('status')
      .description('show which keys there are; the first one writes')
      .argument(...clusterArgument)
      .addOption(rootOption())
      .addOption(outputOption())
      .action((cluster: string | undefined, { root, output }: { root: string; output: OutputFormat }) => {
        const clusters = plansOf(root, cluster).map((plan) => ({ cluster: plan.name, ...encryptionStatus(plan) }))
        const rows = clusters.map(({ cluster, keys, path }) => [cluster, keys.join(', ') || 'none', path])
        print(output, { clusters }, () => formatTable(['cluster', 'keys', 'file'], rows))
      })
  },
}

function plansOf(root: string, cluster: string | undefined): ClusterPlan[] {
  const plans = readPlans(root).filter(({ name }) => cluster === undefined || name === cluster)
  if (plans.length === 0) throw new UsageError(`there is no cluster ${cluster ?? ''} below ${root}`.replace('  ', ' '))
  return plans
}

async function rotate(plan: ClusterPlan): Promise<void> {
  const progress = showProgress()
  const client = await adminClient(plan)
  try {
    const { key, removed, rewritten } = await rotateEncryptionKey(plan, {
      client,
      progress: (message) => progress.step(`${plan.name}: ${message}`),
    })
    const gone = removed.length > 0 ? `, ${removed.join(', ')} removed` : ''
    progress.succeed(`${plan.name}: secrets are under ${key}, ${rewritten} written anew${gone}`)
  } catch (error) {
    progress.fail()
    throw error
  } finally {
    await client.close()
  }
}

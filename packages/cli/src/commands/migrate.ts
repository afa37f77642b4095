import { migrateToEtcd, migrateToLevel } from '@tandem/cluster/migrate'
import { Argument } from 'commander'
import type { CliCommand } from '../command.ts'
import { planOf } from '../plan-of.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { showProgress } from '../printers/progress.ts'
import { rootOption } from '../root-option.ts'

interface MigrateFlags {
  root: string
  output: OutputFormat
  etcdServers?: string
  etcdPrefix?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
}

export const command: CliCommand = {
  name: 'migrate',
  summary: 'move what a stopped cluster stores into an etcd, or back',
  example: 'tandem migrate prod etcd --etcd-servers=https://192.0.2.1:2379,https://192.0.2.2:2379',
  define(command) {
    command
      .addArgument(new Argument('<cluster>', 'prod or staging').choices(['prod', 'staging']))
      .addArgument(new Argument('<store>', 'where to').choices(['etcd', 'level']))
      .addOption(rootOption())
      .option('--etcd-servers <urls>', 'the members of etcd (scheme://ip:port), comma separated')
      .option('--etcd-prefix <path>', 'where in etcd; /tandem/<cluster> unless given')
      .option('--etcd-cafile <file>', 'who signed the certificate of etcd')
      .option('--etcd-certfile <file>', 'certificate for etcd')
      .option('--etcd-keyfile <file>', 'key of that certificate')
      .addOption(outputOption())
      .action(migrate)
  },
}

async function migrate(cluster: string, store: string, { root, output, ...etcd }: MigrateFlags): Promise<void> {
  const plan = planOf(root, cluster)
  const progress = showProgress()
  const onProgress = (entries: number) => progress.step(`${cluster}: ${entries} objects moved`)
  try {
    const result =
      store === 'etcd' ? await migrateToEtcd(plan, etcd, { root, onProgress }) : await migrateToLevel(plan, { root })
    const { entries, from, to } = result
    progress.succeed(`${cluster}: ${entries} objects moved`)
    print(output, result, () => `${cluster} has ${entries} objects of ${from} in ${to}`)
  } catch (error) {
    progress.fail()
    throw error
  }
}

import { checkHost } from '@tandem/cluster/check'
import type { CliCommand } from '../command.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { formatTable } from '../printers/table.ts'

export const command: CliCommand = {
  name: 'check',
  summary: 'say what this host lacks to run a cluster, and how to get it; exit code 1 when something is missing',
  example: 'tandem check',
  define(command) {
    command.addOption(outputOption()).action(async ({ output }: { output: OutputFormat }) => {
      const findings = await checkHost()
      print(output, findings, () =>
        formatTable(
          ['what', 'state', 'how to get it'],
          findings.map(({ what, ok, remedy }) => [what, ok ? 'ok' : 'missing', remedy]),
        ),
      )
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1
    })
  },
}

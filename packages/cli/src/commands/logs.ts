import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readPlans } from '@tandem/cluster/prepare'
import { type CliCommand, UsageError } from '../command.ts'
import { rootOption } from '../root-option.ts'

export const command: CliCommand = {
  name: 'logs',
  summary: "print a component's log",
  example: 'tandem logs staging kubelet --tail 20',
  define(command) {
    command
      .argument('<cluster>', 'prod or staging')
      .argument(
        '<component>',
        'apiserver, controller-manager, scheduler, kubelet, proxy, dns, simulated-nodes or supervisor',
      )
      .option('-f, --follow', 'go on as lines are written')
      .option('--tail <lines>', 'only the last lines', '200')
      .addOption(rootOption())
      .action(
        (
          cluster: string,
          component: string,
          { root, follow, tail }: { root: string; follow?: boolean; tail: string },
        ) => {
          const plan = readPlans(root).find(({ name }) => name === cluster)
          if (!plan) throw new UsageError(`there is no cluster ${cluster} below ${root}`)
          if (!/^[a-z-]+$/.test(component)) throw new UsageError(`there is no component ${component}`)
          if (!/^\d+$/.test(tail)) throw new UsageError(`--tail ${tail}: a number of lines is needed`)
          const file = join(plan.directory, 'log', `${component}.log`)
          if (!existsSync(file))
            throw new UsageError(
              `there is no ${file}; systemd has it (journalctl -u tandem-${component}@${cluster}), or docker compose logs`,
            )
          const child = spawn('tail', ['-n', tail, ...(follow ? ['-F'] : []), file], { stdio: 'inherit' })
          child.once('exit', (code) => {
            process.exitCode = code ?? 1
          })
        },
      )
  },
}

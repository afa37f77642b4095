import { readPlans } from '@tandem/cluster/prepare'
import { readStatus } from '@tandem/cluster/status'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../command.ts'
import { type OutputFormat, outputOption, print } from '../printers/output.ts'
import { formatTable } from '../printers/table.ts'
import { rootOption } from '../root-option.ts'

/** Kinds that are stored and validated, and that nothing acts on yet. */
export const storedOnly = [
  'Ingress',
  'NetworkPolicy',
  'VolumeAttributesClass',
  'ServiceCIDR',
  'IPAddress',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'APIService (local ones are kept)',
]

export const command: CliCommand = {
  name: 'status',
  summary: 'show how each component is doing; exit code 1 when one is not healthy',
  example: 'tandem status -o json',
  define(command) {
    command
      .addOption(rootOption())
      .addOption(outputOption())
      .action(async ({ root, output }: { root: string; output: OutputFormat }) => {
        const plans = readPlans(root)
        if (plans.length === 0) throw new UsageError(`there is no cluster below ${root}; tandem up makes one`)
        const components = (await Promise.all(plans.map(readStatus))).flat()
        const rows = components.map(({ cluster, component, state, pid, address, log }) => [
          cluster,
          component,
          state,
          pid?.toString() ?? '-',
          address || '-',
          log,
        ])
        const simulated = plans.flatMap(({ name, simulatedNodes }) =>
          simulatedNodes ? [{ name, simulatedNodes }] : [],
        )
        const simulatedNodes = Object.fromEntries(simulated.map((plan) => [plan.name, plan.simulatedNodes]))
        print(output, { components, simulatedNodes, storedOnly }, () =>
          [
            formatTable(['cluster', 'component', 'state', 'pid', 'address', 'log'], rows),
            '',
            ...simulated.map((plan) => `${plan.name} has ${plan.simulatedNodes} simulated nodes.`),
            `Stored but not yet acted on: ${storedOnly.join(', ')}.`,
          ].join('\n'),
        )
        if (components.some(({ state }) => state !== 'healthy')) process.exitCode = 1
      })
  },
}

import t from 'tap'
import { commands } from '../src/commands/index.generated.ts'
import { planOverrides } from '../src/plan-options.ts'
import { createProgram } from '../src/program.ts'

t.test('every command has a summary, an example that names it, and help', (t) => {
  const program = createProgram()
  for (const { name, summary, example } of commands) {
    t.match(example, new RegExp(`tandem ${name}\\b`), name)
    const command = program.commands.find((candidate) => candidate.name() === name)
    t.ok(command?.helpInformation().includes(summary.slice(0, 20)), `${name} tells what it is for`)
  }
  t.end()
})

t.test('flags of up become overrides of the plan they name', (t) => {
  const overrides = planOverrides(
    { prodPodCidr: '10.20.0.0/16', stagingLbPool: '10.21.0.0/24', stagingHostAddress: '192.0.2.9', root: '/x' },
    ['prod', 'staging'],
  )
  t.same(overrides, {
    prod: { podCidr: '10.20.0.0/16' },
    staging: { loadBalancerPool: '10.21.0.0/24', hostAddress: '192.0.2.9' },
  })
  t.end()
})

for (const count of ['-1', 'many', '1.5', '5001'])
  t.test(`--simulated-nodes=${count} is refused`, async (t) => {
    const program = createProgram()
    const silent = { writeErr: () => undefined, writeOut: () => undefined }
    for (const command of [program, ...program.commands]) command.exitOverride().configureOutput(silent)
    const refused = { code: 'commander.invalidArgument', message: /a number from 0 to 5000 is needed/ }
    await t.rejects(program.parseAsync(['node', 'tandem', 'up', `--simulated-nodes=${count}`]), refused)
  })

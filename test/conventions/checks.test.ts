import t from 'tap'
import { runCommand } from './command.ts'

/** Commands that must succeed on a clean tree, each of them what a developer would run by hand. */
const checks = [
  { name: 'every package and every test has correct types', command: ['tsc', '-b'] },
  { name: 'tests and scripts have correct types', command: ['tsc', '-p', 'test'] },
  { name: 'lint finds nothing, and everything is formatted', command: ['biome', 'ci', '--reporter=summary', '.'] },
  { name: 'generated registries are fresh', command: ['node', 'scripts/generate.ts', '--check'] },
]

for (const { name, command } of checks) {
  t.test(name, (t) => {
    const [program = '', ...args] = command
    const { status, stdout, stderr } = runCommand(program, args)
    t.equal(status, 0, `${command.join(' ')}\n${`${stdout}${stderr}`.slice(-4000)}`)
    t.end()
  })
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { camelCase, parseCommandLine, UsageError } from '../../src/flags/index.ts'

const line = {
  name: 'tandem-thing',
  description: 'Does a thing.',
  example: 'tandem-thing --cluster-cidr=10.244.0.0/16',
  flags: {
    'cluster-cidr': { type: 'string', description: 'CIDR range for Pods.' },
    'secure-port': { type: 'int', default: 10257, description: 'The port.' },
    'leader-elect': { type: 'bool', default: true, description: 'Elect.', config: 'leaderElection.leaderElect' },
    'grace-period': { type: 'duration', default: '40s', description: 'Grace.' },
    controllers: { type: 'list', default: ['*'], description: 'Which.' },
    verbose: { type: 'bool', description: 'More.' },
  },
  config: { apiVersion: 'thing.config.k8s.io/v1', kind: 'ThingConfiguration' },
} as const
const read = (...argv: string[]) => {
  const parsed = parseCommandLine(line, argv)
  if (parsed.kind !== 'run') throw new Error('nothing to run')
  return { ...parsed.values, v: parsed.verbosity }
}
const defaults = {
  'cluster-cidr': undefined,
  'secure-port': 10257,
  'leader-elect': true,
  'grace-period': 40_000,
  controllers: ['*'],
  verbose: false,
  v: 0,
}

const rows: [string, string[], Partial<typeof defaults> | Record<string, unknown>][] = [
  ['nothing given', [], {}],
  ['a value after =', ['--cluster-cidr=10.0.0.0/8'], { 'cluster-cidr': '10.0.0.0/8' }],
  ['a value after a space', ['--cluster-cidr', '10.0.0.0/8'], { 'cluster-cidr': '10.0.0.0/8' }],
  ['a bool alone', ['--verbose'], { verbose: true }],
  ['a bool turned off', ['--leader-elect=false'], { 'leader-elect': false }],
  ['a duration', ['--grace-period=1m30s'], { 'grace-period': 90_000 }],
  ['a list with commas', ['--controllers=*,-deployment'], { controllers: ['*', '-deployment'] }],
  ['a list given twice', ['--controllers=a', '--controllers=b'], { controllers: ['a', 'b'] }],
  ['an empty string is a value', ['--cluster-cidr='], { 'cluster-cidr': '' }],
  ['zero is a value', ['--secure-port=0'], { 'secure-port': 0 }],
  ['verbosity', ['--v=4'], { v: 4 }],
]
for (const [name, argv, expected] of rows) {
  t.test(name, async (t) => t.same(read(...argv), { ...defaults, ...expected }))
}

const refusals: [string, string[], RegExp][] = [
  ['an unknown flag', ['--nonsense=1'], /unknown option '--nonsense=1'|unknown option '--nonsense'/],
  ['an argument', ['stray'], /too many arguments|unknown command/],
  ['a number that is none', ['--secure-port=many'], /invalid argument "many" for "--secure-port"/],
  ['a bool that is none', ['--leader-elect=perhaps'], /must be true or false/],
  ['a duration that is none', ['--grace-period=40'], /must be a duration/],
]
for (const [name, argv, message] of refusals) {
  t.test(`refused: ${name}`, async (t) => t.throws(() => read(...argv), { message, constructor: UsageError }))
}

t.test('a configuration file is read, and flags win over it', async (t) => {
  const file = join(t.testdir(), 'config.yaml')
  const write = (fields: string) =>
    writeFileSync(file, `apiVersion: thing.config.k8s.io/v1\nkind: ThingConfiguration\n${fields}`)
  write('clusterCIDR: 10.1.0.0/16\ngracePeriod: 5s\nleaderElection:\n  leaderElect: false\n')
  t.same(read(`--config=${file}`, '--cluster-cidr=10.2.0.0/16'), {
    ...defaults,
    'cluster-cidr': '10.2.0.0/16',
    'grace-period': 5000,
    'leader-elect': false,
  })
  write('clusterCidr: x\n')
  t.throws(() => read(`--config=${file}`), { message: /unknown field "clusterCidr"/ })
  write('leaderElection:\n  elect: x\n')
  t.throws(() => read(`--config=${file}`), { message: /unknown field "leaderElection.elect"/ })
  writeFileSync(file, 'kind: Other\n')
  t.throws(() => read(`--config=${file}`), { message: /must have apiVersion/ })
  t.throws(() => read('--config=/nowhere.yaml'), { message: /cannot be read/ })
})

t.test('help shows every flag and the example', async (t) => {
  const help = parseCommandLine(line, ['--help'])
  t.equal(help.kind, 'print')
  for (const name of [...Object.keys(line.flags), 'config', 'version', line.example])
    t.match(help, { text: new RegExp(name.replace(/[*./]/g, '.')) })
  t.match(parseCommandLine(line, ['--version']), { kind: 'print', text: /^tandem-thing v1\.36\.\d+\+tandem\./ })
})

t.test('names in files keep initialisms', async (t) => {
  t.equal(camelCase('allocate-node-cidrs'), 'allocateNodeCIDRs')
  t.equal(camelCase('cluster-dns'), 'clusterDNS')
})

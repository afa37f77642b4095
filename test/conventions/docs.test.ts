import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { definitions } from '@tandem/api/registry.generated'
import { planClusters } from '@tandem/cluster/plan'
import { controllers } from '@tandem/controller-manager/controllers/index.generated'
import t from 'tap'
import { storedOnly } from '../../packages/cli/src/commands/status.ts'
import { createProgram } from '../../packages/cli/src/program.ts'
import { addedStages, coreStages } from '../runner/stages.ts'
import { runCommand } from './command.ts'
import { blocksOf, commandsOf, documents, proseOf, quotesOf } from './markdown.ts'

const all = documents()
const read = (path: string): string => readFileSync(path, 'utf8')

t.test('every relative link leads somewhere', (t) => {
  const broken = all.flatMap((document) =>
    [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(dirname(document), target.replace(/#.*/, ''))))
      .map((target) => `${document}: ${target}`),
  )
  t.same(broken, [])
  t.end()
})

t.test('every path that is named exists', (t) => {
  const rooted = /^(packages|test|docs|scripts|deploy|examples)\//
  const looksLikePath = /^[\w.-]+(\/[\w.*-]+)*(\/|\.(ts|json|yaml|md|sh))$/
  const missing = all.flatMap((document) => {
    const home = document.startsWith('packages/') ? dirname(document) : ''
    const found = (path: string): boolean =>
      [path, join(home, path), join(home, 'src', path)].some((candidate) => existsSync(candidate)) ||
      globSync([join(home || 'packages/*', 'src/**', path), join('packages/*', path), join('test/**', path)]).length > 0
    return (
      quotesOf(document)
        .filter((quote) => rooted.test(quote) || looksLikePath.test(quote))
        // `<name>` stands for any: the folder in front of it must exist.
        .map((quote) => (quote.includes('<') ? dirname(`${quote.replace(/<.*/, '')}x`) : quote))
        .filter((path) => !found(path.replace(/ .*/, '')))
        .map((path) => `${document}: ${path}`)
    )
  })
  t.same(missing, [])
  t.end()
})

t.test('every TypeScript block has correct types and is well written', (t) => {
  // Below the repository, so that packages are found; a block whose first line names a file is checked as if it were that file.
  const folder = `.cache/docs-${process.pid}`
  mkdirSync(folder, { recursive: true })
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const blocks = all.flatMap(blocksOf).filter(({ language }) => language === 'ts')
  t.ok(blocks.length >= 15, `${blocks.length} blocks`)
  for (const { document, line, text } of blocks) {
    const as = /^\/\/ (packages\/\S+\.ts)\n/.exec(text)?.[1] ?? document
    const rebased = text.replace(/(from ')(\.[^']*)/g, (_, head: string, path: string) => {
      return head + relative(folder, join(dirname(as), path))
    })
    writeFileSync(join(folder, `${document.replace(/\W/g, '-')}-${line}.ts`), `${rebased}\nexport {}\n`)
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        noEmit: true,
        composite: false,
        emitDeclarationOnly: false,
        incremental: false,
        noUnusedLocals: false,
      },
      include: ['*.ts'],
    }),
  )
  const types = runCommand('tsc', ['-p', folder])
  t.equal(types.status, 0, types.stdout)
  // As they are written, not as they were moved.
  for (const { document, line, text } of blocks)
    writeFileSync(join(folder, `${document.replace(/\W/g, '-')}-${line}.ts`), text)
  rmSync(join(folder, 'tsconfig.json'))
  const style = runCommand('biome', ['check', '--vcs-enabled=false', folder])
  t.equal(style.status, 0, `${style.stdout}${style.stderr}`)
  t.end()
})

const binaries = globSync('packages/*/src/{main,simulated/main}.ts')

/** What each program says of itself, by its name: `tandem up`, `tandem-kubelet`. Asked once, two at a time. */
const helps = (async () => {
  const answers = new Map(subcommandHelps())
  const asked = [...binaries]
  const next = async (): Promise<void> => {
    for (let path = asked.pop(); path; path = asked.pop()) {
      const { code, output } = await help([path])
      if (code !== 0) throw new Error(`${path} --help: exit code ${code}\n${output}`)
      const [, name = ''] = /^Usage: ([a-z-]+)/m.exec(output) ?? []
      answers.set(name, output)
    }
  }
  await Promise.all([next(), next()])
  return answers
})()

/** Those of the CLI, without a process for each. */
function subcommandHelps(): [name: string, output: string][] {
  return createProgram()
    .commands.flatMap((command) => [command, ...command.commands])
    .map((command) => {
      let output = ''
      command.configureOutput({
        writeOut: (text) => {
          output += text
        },
      })
      command.outputHelp()
      return [/^Usage: ([a-z -]*[a-z])/m.exec(output)?.[1] ?? '', output]
    })
}

function help(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

t.test('every command and every binary answers --help, with an example of itself', async (t) => {
  const answers = await helps
  t.equal(answers.size, subcommandHelps().length + binaries.length)
  t.match((await help(['packages/cli/src/main.ts', 'image', 'load'])).output, answers.get('tandem image load') ?? /^$/)
  for (const [name, output] of answers) {
    const example = /^Example:\n {2}(.*)$/m.exec(output)?.[1] ?? ''
    t.ok(example.includes(name), `${name}: ${example || output}`)
    t.same(unknownFlags(example, answers), [], example)
  }
})

/** Flags in a command line that the program of ours in it does not have. Other programs are no matter of ours. */
function unknownFlags(commandLine: string, answers: ReadonlyMap<string, string>): string[] {
  return commandLine.split(/\||&&|<\(|\)|;/).flatMap((part) => {
    const words = part
      .trim()
      .replace(/^(sudo |npx |source )+/, '')
      .replace(/^node (\S+)/, (_, path: string) => binaryOf(path) ?? 'node')
      .split(/\s+/)
    const name = [words.slice(0, 3), words.slice(0, 2), words.slice(0, 1)]
      .map((start) => start.join(' '))
      .find((start) => answers.has(start))
    if (!name)
      return words[0] === 'tandem' || words[0]?.startsWith('tandem-') ? [`${part.trim()}: no such command`] : []
    if (name === 'tandem' && words[1] && !words[1].startsWith('-')) return [`${part.trim()}: no such command`]
    return words
      .filter((word) => /^--?[a-z]/.test(word))
      .map((word) => word.replace(/=.*/, ''))
      .filter((flag) => !new RegExp(`(^|[\\s,])${flag}\\b(?!-)`, 'm').test(withoutExample(answers.get(name))))
      .map((flag) => `${name}: no flag ${flag}`)
  })
}

const withoutExample = (help = ''): string => help.replace(/^Example:[\s\S]*/m, '')

const binaryOf = (path: string): string | undefined =>
  path.endsWith('/src/main.ts') && existsSync(path)
    ? /name: '(tandem-[a-z]+(?:-[a-z]+)*)'/.exec(sourcesBeside(path))?.[1]
    : undefined
const sourcesBeside = (path: string): string =>
  globSync(join(dirname(path), '*.ts'))
    .map(read)
    .join('\n')

t.test('every command line of ours is known to the program', async (t) => {
  const answers = await helps
  const wrong = all.flatMap((document) =>
    [
      ...blocksOf(document)
        .filter(({ language }) => language === 'sh' || language === '')
        .flatMap(commandsOf)
        .flatMap((command) => unknownFlags(command, answers)),
      ...quotesOf(document)
        .filter((quote) => /^(npx |sudo )?tandem [a-z]/.test(quote))
        .flatMap((quote) => unknownFlags(quote.replace(/<[^>]*>/g, 'x'), answers)),
    ].map((problem) => `${document}: ${problem}`),
  )
  t.same(wrong, [])
})

t.test('every flag that a user is told of exists', async (t) => {
  const known = [...(await helps).values()].map(withoutExample).join('\n')
  const others = new Set(['--help', '--stage', '--uninstall', '--bridge=none --iptables=false'])
  const wrong = all.flatMap((document) =>
    quotesOf(document)
      .filter((quote) => quote.startsWith('--') && !others.has(quote))
      .filter((quote) => !new RegExp(`\\s${quote.replace(/[= ].*/, '')}\\b(?!-)`).test(known))
      .map((quote) => `${document}: ${quote}`),
  )
  t.same(wrong, [])
})

t.test('scripts, stages and files that shell blocks name exist', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const stages = [...coreStages(), ...addedStages()].map(({ name }) => name)
  const commands = all.flatMap((document) =>
    blocksOf(document)
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf),
  )
  for (const [, script = ''] of `${all.map(read).join('\n')}`.matchAll(/\bnpm (?:run )?(test|(?<=run )[a-z:]+)/g))
    t.ok(scripts[script], `npm run ${script}`)
  for (const command of commands) {
    for (const [path] of command.matchAll(/(?<![\w./])(?:packages|test|scripts|deploy|examples)\/[\w./-]+/g))
      t.ok(existsSync(path), `${command}: ${path}`)
    const stage = /--stage (\S+)/.exec(command)?.[1]
    if (stage) t.ok(stages.includes(stage), command)
  }
  const contributing = read('CONTRIBUTING.md')
  for (const stage of stages) t.match(contributing, new RegExp(`one stage: .*\\b${stage}\\b`), stage)
  t.end()
})

/** The rows of tables in a document: cells without their backticks. */
const rowsOf = (document: string): string[][] =>
  proseOf(document)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

t.test('the README says of every kind what becomes of it', (t) => {
  const rows = new Map(rowsOf('README.md').map(([head = '', kinds = '']) => [head, kinds]))
  const stored = rows.get('stored and validated, not yet acted on')
  t.equal(stored, storedOnly.join(', '), 'and `tandem status` says the same')
  const told = `${rows.get('acted on')}, ${stored}, ${rows.get('kept for others')}`
  const untold = definitions
    .map(({ kind }) => kind)
    .filter((kind) => !/Review$/.test(kind) && !new RegExp(`\\b${kind}\\b`).test(told))
  t.same(untold, [])
  t.end()
})

t.test('ARCHITECTURE describes every package, once', (t) => {
  const described = rowsOf('ARCHITECTURE.md').flatMap(([packages = '']) => packages.split(', '))
  const packages = globSync('packages/*/package.json').map((path) => basename(dirname(path)))
  t.same(described.filter((name) => packages.includes(name)).sort(), packages.sort())
  t.end()
})

t.test('the controller manager’s README describes every controller', (t) => {
  const document = 'packages/controller-manager/README.md'
  const described = rowsOf(document).flatMap(([names = '']) => [...names.matchAll(/`([a-z-]+-controller)`/g)])
  const names = (controllers as readonly { name: string }[]).map(({ name }) => name)
  t.same(described.map(([, name]) => name).sort(), names.sort())
  t.end()
})

t.test('orders that documents tell are the code’s', (t) => {
  const plugins = /= \[\n([^\]]*)\]/.exec(read('packages/api-server/src/admission/ordered-plugins.ts'))?.[1] ?? ''
  const admission = [...plugins.matchAll(/^ {2}(\w+),$/gm)].map(([, name = '']) => name.toLowerCase())
  const told = /In this order: (.*?), then/.exec(read('packages/api-server/README.md'))?.[1] ?? ''
  t.same(told.toLowerCase().split(', '), admission)
  t.ok(admission.length > 5)
  const chain = /chain\(\[\n([^\]]*)\]/.exec(read('packages/dns/src/start.ts'))?.[1] ?? ''
  const dns = [...chain.matchAll(/^ {4}(\w+)/gm)].map(([, name]) => name)
  t.match(read('packages/dns/README.md'), `: ${dns.join(', ')} `)
  const hooks = /=> \[\n([^\]]*)\]/.exec(read('packages/api-server/src/request/hooks.ts'))?.[1] ?? ''
  const steps = [...hooks.matchAll(/(\w+)Hook\(|dependencies\.(deadlines|limit)\b/g)].map(
    ([, name, other]) => name ?? other,
  )
  t.same(steps, ['requestInfo', 'measure', 'deadlines', 'authenticate', 'impersonate', 'limit', 'authorize'])
  const ways = ['request info', 'measure', 'deadline', 'authenticate', 'impersonate', 'limit', 'authorize']
  for (const document of ['ARCHITECTURE.md', 'packages/api-server/README.md'])
    t.match(read(document), new RegExp(ways.join('[ a-z]*\\s+[─→]\\s+')), document)
  t.end()
})

t.test('addresses and ports that the guide tells are those of the plan', (t) => {
  const host = { hostname: 'host', address: '192.0.2.1', cpus: 2, memoryBytes: 2 ** 32 }
  const plans = planClusters({ root: '/var/lib/tandem', host, clusters: ['prod', 'staging'] })
  const table = rowsOf('docs/addresses.md')
  for (const [index, plan] of plans.entries()) {
    const column = table.map((cells) => cells[index + 1]?.replaceAll('`', '') ?? '')
    const { ports } = plan
    t.same(column.slice(0, 1), [plan.name])
    for (const value of [
      `${ports.apiServer}`,
      plan.podCidr,
      `${plan.serviceCidr}, ${plan.dnsAddress}`,
      plan.loadBalancerPool,
      [ports.kubelet, ports.proxyHealthz, ports.controllerManager, ports.scheduler].join(', '),
      `${ports.dns}`,
      plan.directory,
      plan.context,
      `${plan.chainPrefix}-…`,
    ])
      t.ok(column.includes(value), `${plan.name}: ${value}`)
    if (plan.nodePortAddress) t.ok(column.some((cell) => cell.startsWith(plan.nodePortAddress ?? '')))
  }
  t.end()
})

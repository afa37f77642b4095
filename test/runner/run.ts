import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { kubectlBinary } from '../e2e/kubectl.ts'
import { addedStages, coreStages, type Stage } from './stages.ts'
import { failures, readTap, type TapReport } from './tap-report.ts'

/**
 * Runs the tests stage by stage and ends with one line: `N passed, N failed`.
 *   --all        also what `npm run test:all` adds
 *   --only-added that alone
 *   --stage X    one stage
 */
const { values: options } = parseArgs({
  options: { all: { type: 'boolean' }, 'only-added': { type: 'boolean' }, stage: { type: 'string' } },
})

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const root = new URL('../..', import.meta.url).pathname
process.chdir(root)

const everything = [...coreStages(), ...addedStages()]
const chosen = options.stage
  ? everything.filter(({ name }) => name === options.stage)
  : options['only-added']
    ? addedStages()
    : options.all
      ? everything
      : coreStages()

// Tests that call `kubectl` find the one of our own development dependency, also where the host has none.
mkdirSync('.cache/bin', { recursive: true })
rmSync('.cache/bin/kubectl', { force: true })
symlinkSync(resolve(kubectlBinary('1.32')), '.cache/bin/kubectl')
process.env.PATH = [resolve('.cache/bin'), process.env.PATH].join(delimiter)

const cleanUps: (() => void)[] = []
const cleanUp = (): void => {
  for (const step of cleanUps.splice(0).reverse()) step()
}
process.once('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

// Clusters start bundles where there are some: those of these sources, not of an earlier day's.
if (chosen.some(({ onLabHost }) => onLabHost))
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })

let passed = 0
let failed = 0
for (const stage of chosen) {
  if (stage.files.length === 0) continue
  const startedAt = performance.now()
  say(`\n── ${stage.name}: ${stage.files.length} files`)
  const report = await runStage(stage)
  cleanUp()
  passed += report.total - report.failed
  failed += report.failed
  say(
    `── ${stage.name}: ${report.total - report.failed} passed, ${report.failed} failed (${((performance.now() - startedAt) / 1000).toFixed(0)} s)`,
  )
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

async function runStage(stage: Stage): Promise<TapReport> {
  let prefix: string[] = []
  const environment: NodeJS.ProcessEnv = { ...process.env }
  if (stage.prepare && spawnSync(process.execPath, [stage.prepare], { stdio: 'inherit' }).status !== 0)
    return { total: 1, failed: 1 }
  if (stage.onLabHost) {
    const host = `${stage.name}-${process.pid}`
    const lab = (verb: string, ...args: string[]) =>
      spawnSync('test/lab/host', [verb, host, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
    cleanUps.push(() => void lab('down'))
    if (lab('up').status !== 0) return { total: 1, failed: 1 }
    prefix = ['test/lab/host', 'exec', host]
    environment.TANDEM_LAB_HOST = host
    if (stage.withClusters) {
      const clusterRoot = `${process.env.TMPDIR ?? '/tmp'}/tandem-${host}`
      environment.TANDEM_ROOT = clusterRoot
      cleanUps.push(() => rmSync(clusterRoot, { recursive: true, force: true }))
      cleanUps.push(
        () => void lab('exec', process.execPath, 'packages/cli/src/main.ts', 'down', '--purge', '--root', clusterRoot),
      )
      if (
        lab('exec', process.execPath, 'packages/cli/src/main.ts', 'up', '--sample-app', '--root', clusterRoot)
          .status !== 0
      )
        return { total: 1, failed: 1 }
    }
  }
  return runTap(stage, prefix, environment)
}

function runTap(stage: Stage, prefix: readonly string[], env: NodeJS.ProcessEnv): Promise<TapReport> {
  const command = [
    ...prefix,
    'tap',
    'run',
    '--reporter=tap',
    `--jobs=${stage.jobs}`,
    `--timeout=${stage.timeoutSeconds}`,
    ...stage.files,
  ]
  mkdirSync('.tap', { recursive: true })
  const log = createWriteStream(`.tap/${stage.name}.tap`)
  return new Promise((resolve) => {
    const child = spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const reader = readTap((file, ok, lines) => {
      say(`${ok ? '  ✓' : '  ✗'} ${file}`)
      if (!ok) for (const failure of failures(lines)) say(failure)
    })
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      log.write(chunk)
      reader.push(chunk)
    })
    child.once('close', () => {
      log.end()
      resolve(reader.end())
    })
  })
}

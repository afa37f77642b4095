import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import { dump } from 'js-yaml'
import t from 'tap'
import { loadInClusterConfig } from '../../src/kubeconfig/in-cluster.ts'
import {
  createKubeconfig,
  loadKubeconfig,
  parseKubeconfig,
  resolveKubeconfig,
} from '../../src/kubeconfig/kubeconfig.ts'
import { tokenFromFile } from '../../src/kubeconfig/token-file.ts'

const entry = (context: string) => ({
  context,
  server: `https://${context}:6443/`,
  user: `${context}-admin`,
  certificateAuthority: 'CA',
  clientCertificate: 'CERT',
  clientKey: 'KEY',
})

t.test('what was written is read, by its current context or another', async (t) => {
  const path = join(t.testdir(), 'config')
  await writeFile(path, dump(createKubeconfig([entry('prod'), entry('staging')], 'staging')))
  t.match(await loadKubeconfig(path), {
    server: 'https://staging:6443',
    certificateAuthority: 'CA',
    clientCertificate: 'CERT',
    clientKey: 'KEY',
  })
  t.match(await loadKubeconfig(path, { context: 'prod' }), { server: 'https://prod:6443' })
  await t.rejects(loadKubeconfig(path, { context: 'none' }), { message: 'context "none" does not exist' })
})

t.test('files are looked for beside the kubeconfig', async (t) => {
  const directory = t.testdir({ 'ca.crt': 'CA', token: 'secret\n' })
  const kubeconfig = {
    apiVersion: 'v1' as const,
    kind: 'Config' as const,
    clusters: [{ name: 'c', cluster: { server: 'https://c', 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'u', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'n' } }],
    'current-context': 'x',
  }
  const config = await resolveKubeconfig(kubeconfig, { directory })
  t.match(config, { certificateAuthority: 'CA', namespace: 'n' })
  t.equal(typeof config.token === 'function' && (await config.token()), 'secret')
})

t.test('something else is refused', async (t) => {
  t.throws(() => parseKubeconfig('a: b', 'some/file'), {
    message: 'some/file is not a kubeconfig: it has no kind Config',
  })
  t.throws(() => parseKubeconfig('', 'empty'), { message: /not a kubeconfig/ })
})

t.test('a pod finds its server in its environment and itself in its volume', async (t) => {
  const root = t.testdir({ 'ca.crt': 'CA', token: 'one', namespace: 'mine' })
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  t.match(await loadInClusterConfig({ root, env }), {
    server: 'https://[fd00::1]:443',
    certificateAuthority: 'CA',
    namespace: 'mine',
  })
  await t.rejects(loadInClusterConfig({ root, env: {} }), { message: /unable to load in-cluster configuration/ })
})

t.test('a token in a file is read again after a minute, and kept while it cannot be', async (t) => {
  const path = join(t.testdir({ token: 'one' }), 'token')
  const clock = new FakeClock()
  const token = tokenFromFile(path, clock)
  t.equal(await token(), 'one')
  await writeFile(path, 'two')
  t.equal(await token(), 'one')
  await clock.advance(60_000)
  t.equal(await token(), 'two')
  await t.rejects(tokenFromFile('/nowhere')(), { message: /cannot be read/ })
})

import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import t from 'tap'
import { kubeconfigPath, writeKubeconfigs, writeMergedKubeconfig } from '../src/kubeconfigs.ts'
import { ensurePki, pkiPath } from '../src/pki.ts'
import { planClusters } from '../src/plan.ts'

const host = { hostname: 'node', address: '192.0.2.7', cpus: 2, memoryBytes: 2 ** 32 }

t.test('keys and kubeconfigs of a pair', async (t) => {
  const root = t.testdir()
  const plans = planClusters({ root, host, clusters: ['prod', 'staging'] })
  const [prod, staging] = plans
  if (!prod || !staging) throw new Error('two plans')
  for (const plan of plans) {
    await ensurePki(plan)
    writeKubeconfigs(plan)
  }
  const certificate = (plan: typeof prod, file: string) => new X509Certificate(readFileSync(pkiPath(plan, file)))

  t.test('each cluster has an authority of its own', (t) => {
    t.ok(certificate(prod, 'admin.crt').verify(certificate(prod, 'ca.crt').publicKey))
    t.notOk(certificate(prod, 'admin.crt').verify(certificate(staging, 'ca.crt').publicKey))
    t.end()
  })

  t.test('the serving certificate names every way to the API server', (t) => {
    const serving = certificate(staging, 'apiserver.crt')
    for (const address of ['127.0.0.1', '192.0.2.7', '10.97.0.1']) t.ok(serving.checkIP(address), address)
    for (const name of ['kubernetes', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'])
      t.ok(serving.checkHost(name), name)
    t.end()
  })

  t.test('keys and kubeconfigs are their owner’s alone', (t) => {
    const files = ['ca.key', 'sa.key', 'admin.key', 'kubelet-client.key'].map((file) => pkiPath(prod, file))
    for (const file of [
      ...files,
      kubeconfigPath(prod, 'admin'),
      kubeconfigPath(prod, 'kubelet'),
      writeMergedKubeconfig(root, plans),
    ])
      t.equal(statSync(file).mode & 0o777, 0o600, file)
    t.end()
  })

  t.test('a second run changes nothing', async (t) => {
    const before = readFileSync(pkiPath(prod, 'admin.crt'), 'utf8')
    await ensurePki(prod)
    t.equal(readFileSync(pkiPath(prod, 'admin.crt'), 'utf8'), before)
  })

  t.test('a new address of the host renews the serving certificate and keeps the authority', async (t) => {
    const authority = readFileSync(pkiPath(prod, 'ca.crt'), 'utf8')
    await ensurePki({ ...prod, hostAddress: '192.0.2.8' })
    t.ok(certificate(prod, 'apiserver.crt').checkIP('192.0.2.8'))
    t.equal(readFileSync(pkiPath(prod, 'ca.crt'), 'utf8'), authority)
  })

  t.test('the merged kubeconfig has both contexts, staging being current', async (t) => {
    const path = join(root, 'kubeconfig')
    t.equal((await loadKubeconfig(path)).server, 'https://192.0.2.7:7443')
    t.equal((await loadKubeconfig(path, { context: 'tandem-prod' })).server, 'https://192.0.2.7:6443')
  })
})

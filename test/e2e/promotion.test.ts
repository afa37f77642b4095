import t from 'tap'
import { clusterRoot, kubectlFor, run, sampleImage } from './kubectl.ts'

const tandem = (args: readonly string[]) =>
  run(process.execPath, ['packages/cli/src/main.ts', ...args, '--root', clusterRoot()], {
    mayFail: true,
    timeoutMs: 120_000,
  })

const app = (version: string, command: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: app }
data: { version: "${version}" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec:
  replicas: 1
  progressDeadlineSeconds: 10
  strategy: { rollingUpdate: { maxUnavailable: 0 } }
  selector: { matchLabels: { app: promoted } }
  template:
    metadata: { labels: { app: promoted } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: ${sampleImage}
          command: [sh, -c, '${command}']
          env: [{ name: VERSION, valueFrom: { configMapKeyRef: { name: app, key: version } } }]
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: app }
spec: { type: NodePort, selector: { app: promoted }, ports: [{ port: 80, targetPort: 8080 }] }
`
const serving = (version: string) => `echo ${version} > /tmp/index.html; exec httpd -f -p 8080 -h /tmp`
/** Serves in staging; in prod the marker that it waits for never comes. */
const servingInStagingOnly = `grep -q staging /etc/where/cluster && echo three > /tmp/index.html; exec httpd -f -p 8080 -h /tmp`

t.test('from staging to prod', async (t) => {
  const namespace = 'promoted'
  const staging = kubectlFor({ cluster: 'staging', namespace })
  const prod = kubectlFor({ cluster: 'prod', namespace })
  for (const kubectl of [staging, prod]) await kubectl('create', 'namespace', namespace)
  t.teardown(() =>
    Promise.all([staging, prod].map((kubectl) => kubectl('delete', 'namespace', namespace, '--wait=false'))),
  )
  const answer = async () => {
    const address = await prod('get', 'service', 'app', '-o', 'jsonpath={.spec.clusterIP}')
    return (await (await fetch(`http://${address}/`)).text()).trim()
  }

  await t.test('what staging is not ready with is refused, and prod is untouched', async (t) => {
    await staging.apply(app('0', 'exit 1'))
    const { code, stderr } = await tandem(['promote', '-n', namespace])
    t.equal(code, 1)
    t.match(stderr, /not ready where it comes from: Deployment app/)
    t.equal((await prod('get', 'deployments', '-o', 'name')).trim(), '')
  })

  await t.test('an app is promoted by one command', async (t) => {
    await staging.apply(app('1', serving('one')))
    await staging('rollout', 'status', 'deployment/app', '--timeout=60s')
    const diff = await tandem(['diff', '-n', namespace])
    t.equal(diff.code, 1)
    t.match(diff.stdout, /\+kind: Deployment|\+ {2}name: app/)
    const promoted = await tandem(['promote', '-n', namespace])
    t.equal(promoted.code, 0, promoted.stderr)
    t.match(promoted.stdout, /Deployment\s+promoted\s+app\s+create/)
    t.equal(await answer(), 'one')
    const again = await tandem(['diff', '-n', namespace])
    t.match(again, { code: 0, stdout: /no change/ })
  })

  await t.test('allotted values stay each cluster’s own', async (t) => {
    const addresses = await Promise.all(
      [staging, prod].map((kubectl) => kubectl('get', 'service', 'app', '-o', 'jsonpath={.spec.clusterIP}')),
    )
    t.match(addresses[0], /^10\.97\./)
    t.match(addresses[1], /^10\.96\./)
  })

  await t.test('a version that never becomes ready in prod is rolled back, with prod serving throughout', async (t) => {
    const broken = app('2', servingInStagingOnly)
      .replace('env: [', 'volumeMounts: [{ name: where, mountPath: /etc/where }]\n          env: [')
      .replace('containers:', 'volumes: [{ name: where, configMap: { name: where } }]\n      containers:')
    await staging('create', 'configmap', 'where', '--from-literal=cluster=staging')
    await prod('create', 'configmap', 'where', '--from-literal=cluster=prod')
    await staging.apply(broken)
    await staging('rollout', 'status', 'deployment/app', '--timeout=60s')
    let asking = true
    const answers: string[] = []
    const asked = (async () => {
      while (asking) answers.push(await answer().catch((error: Error) => error.message))
    })()
    const { code, stderr } = await tandem(['promote', '-n', namespace, 'deployment/app', 'configmap/app'])
    asking = false
    await asked
    t.equal(code, 1)
    t.match(stderr, /exceeded its progress deadline; the state before is put back/)
    t.same([...new Set(answers)], ['one'], 'prod answered with the old version throughout')
    t.equal(await prod('get', 'configmap', 'app', '-o', 'jsonpath={.data.version}'), '1')
    await prod('rollout', 'status', 'deployment/app', '--timeout=60s')
  })
})

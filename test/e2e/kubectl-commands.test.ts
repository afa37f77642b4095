import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { type Kubectl, kubectlFor, kubectlVersions, run, sampleImage } from './kubectl.ts'

interface Row {
  name: string
  check(t: Test, kubectl: Kubectl, version: string): Promise<void>
}

const web = (replicas = 2) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: ${sampleImage}
          command: [sh, -c, "echo started; echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
          ports: [{ containerPort: 8080, name: http }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
`

const talker = `
apiVersion: v1
kind: Pod
metadata: { name: talker, labels: { app: talker } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: talker
      image: ${sampleImage}
      stdin: true
      command: [sh, -c, "echo line one; echo line two; while read line; do echo heard $line; done; sleep 3600"]
`

/** In this order: later rows stand on what earlier ones made. */
const rows: Row[] = [
  {
    name: 'create makes an object of each kind it knows',
    async check(t, kubectl) {
      const commands = [
        'configmap settings --from-literal=colour=blue',
        'secret generic password --from-literal=password=s3cret',
        'secret docker-registry pull --docker-server=registry.example --docker-username=u --docker-password=p',
        'serviceaccount robot',
        'role reader --verb=get,list --resource=pods',
        'rolebinding reader --role=reader --serviceaccount=default:robot',
        'service clusterip plain --tcp=80:8080',
        'service nodeport outside --tcp=80:8080',
        'service loadbalancer balanced --tcp=80:8080',
        'service externalname elsewhere --external-name=example.com',
        `job once --image=${sampleImage} -- true`,
        `cronjob nightly --image=${sampleImage} --schedule=0~3~*~*~* -- true`,
        'ingress front --rule=example.com/*=plain:80',
        'poddisruptionbudget guard --selector=app=guarded --min-available=1',
        'quota small --hard=pods=100',
      ]
      for (const command of commands) {
        const args = command.split(' ').map((word) => word.replaceAll('~', ' '))
        t.match(await kubectl('create', ...args), /created/, command)
      }
      t.match(await kubectl('create', 'token', 'robot'), /^eyJ[\w-]+\.[\w-]+\.[\w-]+\s*$/)
      t.equal(
        await kubectl('get', 'secret', 'password', '-o', 'jsonpath={.data.password}'),
        Buffer.from('s3cret').toString('base64'),
      )
    },
  },
  {
    name: 'apply creates, then says unchanged, then configures',
    async check(t, kubectl) {
      t.match(await kubectl.apply(web()), /deployment.apps\/web created/)
      t.match(await kubectl.apply(web()), /deployment.apps\/web unchanged/)
      t.match(await kubectl.apply(web(1)), /deployment.apps\/web configured/)
      t.match(await kubectl.apply(web(2)), /configured/)
    },
  },
  {
    name: 'rollout status waits until every pod is ready',
    async check(t, kubectl) {
      t.match(await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s'), /successfully rolled out/)
    },
  },
  {
    name: 'get prints tables, wide tables, yaml, json, jsonpath and names',
    async check(t, kubectl) {
      t.match(
        await kubectl('get', 'deployment', 'web'),
        /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+2\/2\s+2\s+2\s+\d+s/,
      )
      t.match(await kubectl('get', 'deployment', 'web', '-o', 'wide'), /CONTAINERS\s+IMAGES\s+SELECTOR/)
      const pods = await kubectl('get', 'pods', '-l', 'app=web', '-o', 'wide')
      t.match(pods, /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES/)
      t.equal(pods.match(/1\/1\s+Running/g)?.length, 2)
      t.match(
        await kubectl('get', 'deployment', 'web', '-o', 'yaml'),
        /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:/,
      )
      t.equal(JSON.parse(await kubectl('get', 'deployment', 'web', '-o', 'json')).spec.replicas, 2)
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'), '2')
      t.equal((await kubectl('get', 'deployment', 'web', '-o', 'name')).trim(), 'deployment.apps/web')
      t.match(await kubectl('get', 'all'), /replicaset.apps\/web-/)
    },
  },
  {
    name: 'describe tells of pods, their events and their deployment',
    async check(t, kubectl) {
      const name = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n')[0] ?? ''
      const pod = await kubectl('describe', name)
      t.match(pod, /Status:\s+Running/)
      t.match(pod, /Controlled By:\s+ReplicaSet\/web-/)
      for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
        t.match(pod, new RegExp(`Normal\\s+${reason}`))
      t.match(await kubectl('describe', 'deployment', 'web'), /ScalingReplicaSet/)
      t.match(await kubectl('describe', 'node'), /Allocated resources:/)
    },
  },
  {
    name: 'logs prints, follows, tails and takes a time',
    async check(t, kubectl) {
      await kubectl.apply(talker)
      await kubectl('wait', '--for=condition=Ready', 'pod/talker', '--timeout=30s')
      t.match(await kubectl('logs', 'talker'), /^line one\nline two\n/)
      t.equal(await kubectl('logs', 'talker', '--tail=1'), 'line two\n')
      t.match(await kubectl('logs', 'talker', '--timestamps'), /^\d{4}-\d\d-\d\dT\S+ line one/)
      t.equal(await kubectl('logs', 'talker', '--since-time=2099-01-01T00:00:00Z'), '')
      const follower = startKubectl(kubectl, ['logs', '-f', 'talker', '--tail=1'])
      await eventually(async () => mustMatch(follower.output(), /line two/))
      const { code } = await kubectl.run(['attach', '-i', 'talker'], { input: 'friend\n', mayFail: true })
      t.equal(code, 0, 'attach ends when its input does')
      await eventually(async () => mustMatch(follower.output(), /heard friend/))
      follower.stop()
      t.match(await kubectl('logs', '-l', 'app=web'), /started/)
    },
  },
  {
    name: 'exec passes input, output, exit codes and terminals',
    async check(t, kubectl) {
      t.equal(await kubectl('exec', 'talker', '--', 'echo', 'out'), 'out\n')
      t.equal((await kubectl.run(['exec', '-i', 'talker', '--', 'cat'], { input: 'through' })).stdout, 'through')
      t.equal((await kubectl.run(['exec', 'talker', '--', 'sh', '-c', 'exit 7'], { mayFail: true })).code, 7)
      const missing = await kubectl.run(['exec', 'talker', '--', 'no-such-program'], { mayFail: true })
      t.match(missing.stdout + missing.stderr, /"no-such-program": executable file not found in \$PATH/)
      t.equal(missing.code, 126)
      const terminal = await run('script', [
        '-qec',
        [...kubectl.command, 'exec', '-it', 'talker', '--', 'sh', '-c', "'test -t 0 && echo terminal'"].join(' '),
        '/dev/null',
      ])
      t.match(terminal.stdout, /terminal/)
    },
  },
  {
    name: 'cp copies to and from a container',
    async check(t, kubectl) {
      const directory = mkdtempSync(join(tmpdir(), 'tandem-cp-'))
      const content = 'copied\n'.repeat(50_000)
      writeFileSync(join(directory, 'there'), content)
      t.teardown(() => run('rm', ['-rf', directory]))
      const sample = await kubectl('exec', 'talker', '--', 'sh', '-c', 'command -v tar || echo none')
      if (sample.trim() === 'none') throw new Error('the image has no tar')
      await kubectl('cp', join(directory, 'there'), 'talker:/tmp/copy')
      await kubectl('cp', 'talker:/tmp/copy', join(directory, 'back'))
      t.equal(readFileSync(join(directory, 'back'), 'utf8'), content)
    },
  },
  {
    name: 'port-forward carries requests to a pod, one after the other and side by side',
    async check(t, kubectl) {
      const forward = startKubectl(kubectl, ['port-forward', 'deployment/web', ':8080'])
      const port = await eventually(async () => {
        const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forward.output())?.[1]
        if (!found) throw new Error(forward.output())
        return found
      })
      const bodies = await Promise.all(
        Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
      )
      t.same(bodies, Array(5).fill('hello\n'))
      t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'hello\n')
      forward.stop()
    },
  },
  {
    name: 'scale changes the number of pods',
    async check(t, kubectl) {
      t.match(await kubectl('scale', 'deployment/web', '--replicas=3'), /scaled/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'), '3')
      t.match(
        (await kubectl.run(['scale', 'deployment/web', '--current-replicas=9', '--replicas=1'], { mayFail: true }))
          .stderr,
        /Expected replicas to be 9, was 3/,
      )
      await kubectl('scale', 'deployment/web', '--replicas=2')
    },
  },
  {
    name: 'autoscale is accepted as an object',
    async check(t, kubectl) {
      t.match(await kubectl('autoscale', 'deployment', 'web', '--min=1', '--max=3', '--cpu-percent=80'), /autoscaled/)
      t.match(await kubectl('get', 'hpa', 'web'), /Deployment\/web/)
      await kubectl('delete', 'hpa', 'web')
    },
  },
  {
    name: 'set image, rollout history, undo, restart, pause and resume',
    async check(t, kubectl) {
      t.match(await kubectl('set', 'env', 'deployment/web', 'VERSION=2'), /updated/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
      const history = await kubectl('rollout', 'history', 'deployment/web')
      t.match(history, /REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/)
      t.match(await kubectl('rollout', 'undo', 'deployment/web'), /rolled back/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}'), '')
      t.match(await kubectl('rollout', 'restart', 'deployment/web'), /restarted/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=90s')
      t.match(await kubectl('rollout', 'pause', 'deployment/web'), /paused/)
      t.match(
        await kubectl('set', 'image', 'deployment/web', `web=${sampleImage.replace(':1', ':missing')}`),
        /image updated/,
      )
      t.match(await kubectl('describe', 'deployment', 'web'), /DeploymentPaused/)
      await kubectl('set', 'image', 'deployment/web', `web=${sampleImage}`)
      t.match(await kubectl('rollout', 'resume', 'deployment/web'), /resumed/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    },
  },
  {
    name: 'expose makes a Service whose endpoints are the pods',
    async check(t, kubectl) {
      t.match(await kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=8080'), /exposed/)
      await eventually(async () => {
        const addresses = await kubectl(
          'get',
          'endpointslices',
          '-l',
          'kubernetes.io/service-name=web',
          '-o',
          'jsonpath={.items[*].endpoints[*].addresses[0]}',
        )
        if (addresses.split(' ').filter(Boolean).length !== 2) throw new Error(addresses)
      })
      const address = await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')
      t.equal(await eventually(async () => (await fetch(`http://${address}/`)).text()), 'hello\n')
      t.equal(await kubectl('exec', 'talker', '--', 'wget', '-qO-', 'http://web'), 'hello\n')
    },
  },
  {
    name: 'patch takes json, merge and strategic patches',
    async check(t, kubectl) {
      const labels = () => kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels}')
      await kubectl(
        'patch',
        'deployment',
        'web',
        '--type=json',
        '-p',
        '[{"op":"add","path":"/metadata/labels/a","value":"1"}]',
      )
      await kubectl('patch', 'deployment', 'web', '--type=merge', '-p', '{"metadata":{"labels":{"b":"2"}}}')
      t.same(JSON.parse(await labels()), { app: 'web', a: '1', b: '2' })
      await kubectl(
        'patch',
        'deployment',
        'web',
        '-p',
        '{"spec":{"template":{"spec":{"containers":[{"name":"web","imagePullPolicy":"Never"}]}}}}',
      )
      const container = JSON.parse(
        await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
      )
      t.match(container, { name: 'web', image: sampleImage, imagePullPolicy: 'Never' })
      t.match(
        (
          await kubectl.run(['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":-1}}'], {
            mayFail: true,
          })
        ).stderr,
        /must be greater than or equal to 0/,
      )
    },
  },
  {
    name: 'label and annotate add, refuse to overwrite, and remove',
    async check(t, kubectl) {
      t.match(await kubectl('label', 'pod', 'talker', 'tier=back'), /labeled/)
      t.match(
        (await kubectl.run(['label', 'pod', 'talker', 'tier=front'], { mayFail: true })).stderr,
        /already has a value/,
      )
      t.match(await kubectl('label', 'pod', 'talker', 'tier-'), /unlabeled/)
      t.match(await kubectl('annotate', 'pod', 'talker', 'note=hi'), /annotated/)
      t.equal(await kubectl('get', 'pod', 'talker', '-o', 'jsonpath={.metadata.annotations.note}'), 'hi')
    },
  },
  {
    name: 'edit writes what the editor leaves',
    async check(t, kubectl) {
      const { stdout } = await kubectl.run(['edit', 'configmap', 'settings'], {
        env: { KUBE_EDITOR: 'sed -i s/blue/green/' },
      })
      t.match(stdout, /edited/)
      t.equal(await kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}'), 'green')
    },
  },
  {
    name: 'diff and a server-side dry run show a change and make none',
    async check(t, kubectl) {
      const { code, stdout } = await kubectl.run(['diff', '-f', '-'], { input: web(5), mayFail: true })
      t.equal(code, 1)
      t.match(stdout, /\+ {2}replicas: 5/)
      t.match(
        (await kubectl.run(['apply', '--dry-run=server', '-f', '-'], { input: web(5) })).stdout,
        /configured \(server dry run\)/,
      )
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'), '2')
    },
  },
  {
    name: 'explain and api-resources read what the server serves',
    async check(t, kubectl) {
      t.match(await kubectl('explain', 'pod.spec.containers.livenessProbe'), /FIELD: livenessProbe <Probe>/)
      t.match(await kubectl('explain', 'deployment', '--recursive'), /strategy\s+<DeploymentStrategy>/)
      const resources = await kubectl('api-resources')
      for (const line of [
        /pods\s+po\s+v1\s+true\s+Pod/,
        /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/,
        /clusterroles\s+rbac.authorization.k8s.io\/v1\s+false\s+ClusterRole/,
      ])
        t.match(resources, line)
      t.match(await kubectl('api-versions'), /^apps\/v1$/m)
    },
  },
  {
    name: 'auth can-i answers for us and for others',
    async check(t, kubectl) {
      t.equal((await kubectl('auth', 'can-i', 'create', 'deployments')).trim(), 'yes')
      const robot = ['--as=system:serviceaccount:default:robot']
      t.equal((await kubectl.run(['auth', 'can-i', 'list', 'pods', ...robot])).stdout.trim(), 'yes')
      const refused = await kubectl.run(['auth', 'can-i', 'delete', 'pods', ...robot], { mayFail: true })
      t.match(refused, { code: 1, stdout: /no/ })
      t.match(await kubectl('auth', 'whoami'), /kubernetes-admin/)
    },
  },
  {
    name: 'top is refused as long as there are no metrics',
    async check(t, kubectl) {
      t.match(await kubectl.run(['top', 'nodes'], { mayFail: true }), { code: 1, stderr: /Metrics API not available/ })
    },
  },
  {
    name: 'events lists what happened',
    async check(t, kubectl) {
      t.match(await kubectl('events', '--for=pod/talker'), /Normal\s+Started\s+Pod\/talker/)
      t.match(await kubectl('get', 'events'), /ScalingReplicaSet/)
    },
  },
  {
    name: 'wait waits for conditions, fields and deletions',
    async check(t, kubectl) {
      t.match(await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=30s'), /condition met/)
      t.match(
        await kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod/talker', '--timeout=30s'),
        /condition met/,
      )
      const waiting = kubectl('wait', '--for=delete', 'pod/talker', '--timeout=60s')
      await kubectl('delete', 'pod', 'talker', '--wait=false')
      await waiting
    },
  },
  {
    name: 'delete can orphan, and can force',
    async check(t, kubectl) {
      const replicaSet = (
        await kubectl(
          'get',
          'replicasets',
          '-l',
          'app=web',
          '-o',
          'jsonpath={range .items[?(@.spec.replicas>0)]}{.metadata.name}{end}',
        )
      ).trim()
      t.match(await kubectl('delete', 'deployment', 'web', '--cascade=orphan'), /deleted/)
      t.equal(
        await kubectl('get', 'replicaset', replicaSet, '-o', 'jsonpath={.metadata.ownerReferences}'),
        '',
        'the ReplicaSet lost its owner and stays',
      )
      const pods = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n')
      t.equal(pods.length, 2)
      await kubectl('delete', 'replicaset', replicaSet, '--cascade=orphan')
      t.match(
        (await kubectl.run(['delete', pods[0] ?? '', '--force', '--grace-period=0'])).stderr,
        /Immediate deletion does not wait/,
      )
      await kubectl('delete', pods[1] ?? '')
      await kubectl('delete', 'replicasets', '-l', 'app=web')
    },
  },
]

function startKubectl(kubectl: Kubectl, args: readonly string[]): { output(): string; stop(): void } {
  const child = spawn(kubectl.command[0] ?? '', [...kubectl.command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return { output: () => text, stop: () => void child.kill() }
}

for (const version of kubectlVersions) {
  t.test(`kubectl ${version}`, { bail: false }, async (t) => {
    const namespace = `kubectl-${version.replace('.', '-')}`
    const kubectl = kubectlFor({ cluster: 'staging', version, namespace })
    t.match(await kubectl('create', 'namespace', namespace), /created/)
    for (const { name, check } of rows) await t.test(name, (t) => check(t, kubectl, version))
    await kubectl('delete', 'namespace', namespace, '--timeout=60s')
    t.match((await kubectl.run(['get', 'namespace', namespace], { mayFail: true })).stderr, /NotFound/)
  })
}

import { eventually, mustMatch } from '../eventually.ts'
import { sampleImage } from '../kubectl.ts'
import { minorOf, type Row, words } from './row.ts'

export const changing: Row[] = [
  {
    name: 'scale changes the number of pods',
    async check(t, { kubectl }) {
      t.match(await kubectl('scale', 'deployment/web', '--replicas=2'), /scaled/)
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=120s')
      await eventually(async () => {
        const ready = await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')
        if (ready !== '2') throw new Error(`${ready} are ready`)
      })
      t.match(
        (await kubectl.run(['scale', 'deployment/web', '--current-replicas=9', '--replicas=1'], { mayFail: true }))
          .stderr,
        /Expected replicas to be 9, was 2/,
      )
      await kubectl('scale', 'deployment/web', '--replicas=1')
    },
  },
  {
    name: 'autoscale is accepted as an object',
    async check(t, { kubectl, version }) {
      const target = minorOf(version) < 34 ? '--cpu-percent=80' : '--cpu=80%'
      t.match(await kubectl('autoscale', 'deployment', 'web', '--min=1', '--max=3', target), /autoscaled/)
      t.match(await kubectl('get', 'hpa', 'web'), /Deployment\/web/)
      await kubectl('delete', 'hpa', 'web')
    },
  },
  {
    name: 'set changes images, environments, resources, selectors, accounts and subjects',
    async check(t, { kubectl, namespace }) {
      const of = (path: string) => kubectl('get', 'deployment', 'idle', '-o', `jsonpath={.spec.template.spec${path}}`)
      t.match(await kubectl('set', 'image', 'deployment/idle', '*=example.com/other:1'), /image updated/)
      t.equal(await of('.containers[0].image'), 'example.com/other:1')
      await kubectl('set', 'env', 'deployment/idle', '--from=configmap/settings')
      t.equal(await of('.containers[0].env[0].name'), 'COLOUR')
      await kubectl('set', 'env', 'deployment/idle', 'COLOUR-')
      t.equal(await of('.containers[0].env'), '')
      await kubectl(...words('set resources deployment/idle --limits=memory=64Mi --requests=cpu=10m'))
      t.same(JSON.parse(await of('.containers[0].resources')), { limits: { memory: '64Mi' }, requests: { cpu: '10m' } })
      await kubectl(...words('set serviceaccount deployment/idle robot'))
      t.equal(await of('.serviceAccountName'), 'robot')
      await kubectl(...words('set selector service/plain app=web'))
      t.equal(await kubectl('get', 'service', 'plain', '-o', 'jsonpath={.spec.selector.app}'), 'web')
      await kubectl('set', 'subject', 'rolebinding/reader', `--serviceaccount=${namespace}:default`)
      t.match(await kubectl('describe', 'rolebinding', 'reader'), /ServiceAccount +default/)
    },
  },
  {
    name: 'rollout tells status and history, undoes, restarts, pauses and resumes',
    async check(t, { kubectl }) {
      const done = () => kubectl('rollout', 'status', 'deployment/web', '--timeout=120s')
      t.match(await kubectl('set', 'env', 'deployment/web', 'VERSION=2'), /updated/)
      await done()
      const history = await kubectl('rollout', 'history', 'deployment/web')
      t.match(history, /REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/)
      t.match(await kubectl('rollout', 'history', 'deployment/web', '--revision=2'), /VERSION:\s+2/)
      t.match(await kubectl('rollout', 'undo', 'deployment/web'), /rolled back/)
      await done()
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}'), '')
      t.match(await kubectl('rollout', 'restart', 'deployment/web'), /restarted/)
      t.match(await kubectl('rollout', 'pause', 'deployment/web'), /paused/)
      t.match(
        await kubectl('set', 'image', 'deployment/web', `web=${sampleImage.replace(':1', ':missing')}`),
        /image updated/,
      )
      await eventually(async () => mustMatch(await kubectl('describe', 'deployment', 'web'), /DeploymentPaused/))
      await kubectl('set', 'image', 'deployment/web', `web=${sampleImage}`)
      t.match(await kubectl('rollout', 'resume', 'deployment/web'), /resumed/)
      await done()
    },
  },
  {
    name: 'expose makes a Service whose endpoints are the pods',
    async check(t, { kubectl }) {
      t.match(await kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=8080'), /exposed/)
      await eventually(async () => {
        const selector = 'kubernetes.io/service-name=web'
        const path = 'jsonpath={.items[*].endpoints[*].addresses[0]}'
        const addresses = await kubectl('get', 'endpointslices', '-l', selector, '-o', path)
        if (addresses.split(' ').filter(Boolean).length !== 1) throw new Error(addresses)
      })
      const address = await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')
      t.equal(await eventually(async () => (await fetch(`http://${address}/`)).text()), 'hello\n')
      t.equal(await kubectl('exec', 'talker', '--', 'wget', '-qO-', 'http://web'), 'hello\n')
    },
  },
  {
    name: 'patch takes json, merge and strategic patches, of subresources too',
    async check(t, { kubectl }) {
      const patch = (...more: string[]) => kubectl('patch', 'deployment', 'web', ...more)
      await patch('--type=json', '-p', '[{"op":"add","path":"/metadata/labels/a","value":"1"}]')
      await patch('--type=merge', '-p', '{"metadata":{"labels":{"b":"2"}}}')
      t.same(JSON.parse(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels}')), {
        app: 'web',
        a: '1',
        b: '2',
      })
      await patch('-p', '{"spec":{"template":{"spec":{"containers":[{"name":"web","imagePullPolicy":"Never"}]}}}}')
      const container = JSON.parse(
        await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
      )
      t.match(container, { name: 'web', image: sampleImage, imagePullPolicy: 'Never' })
      // Of an object that no controller writes to at the same time.
      t.match(await kubectl('patch', 'configmap', 'settings', '-p', '{}'), /patched \(no change\)/)
      await patch('--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":1}}')
      t.equal(await kubectl('get', 'deployment', 'web', '--subresource=scale', '-o', 'jsonpath={.kind}'), 'Scale')
      const refused = await kubectl.run(['patch', 'deployment', 'web', '-p', '{"spec":{"replicas":-1}}'], {
        mayFail: true,
      })
      t.match(refused, { code: 1, stderr: /must be greater than or equal to 0/ })
    },
  },
  {
    name: 'label and annotate add, refuse to overwrite, and remove',
    async check(t, { kubectl }) {
      t.match(await kubectl('label', 'pod', 'talker', 'tier=back'), /labeled/)
      t.match(
        (await kubectl.run(['label', 'pod', 'talker', 'tier=front'], { mayFail: true })).stderr,
        /already has a value/,
      )
      t.match(await kubectl('label', 'pod', 'talker', 'tier=front', '--overwrite'), /labeled/)
      t.match(await kubectl('label', 'pod', 'talker', '--list'), /tier=front/)
      t.match(await kubectl('label', 'pod', 'talker', 'tier-'), /unlabeled/)
      t.match(await kubectl('annotate', 'pod', 'talker', 'note=hi'), /annotate/)
      t.equal(await kubectl('get', 'pod', 'talker', '-o', 'jsonpath={.metadata.annotations.note}'), 'hi')
      t.match(await kubectl('annotate', 'pod', 'talker', 'note-'), /annotate/)
    },
  },
  {
    name: 'edit writes what the editor leaves, and asks again for what is refused',
    async check(t, { kubectl }) {
      const edit = (script: string) =>
        kubectl.run(['edit', 'configmap', 'settings'], { env: { KUBE_EDITOR: `sed -i ${script}` }, mayFail: true })
      t.match((await edit('s/blue/green/')).stdout, /edited/)
      t.equal(await kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}'), 'green')
      t.match((await edit('s/none/none/')).stderr, /Edit cancelled, no changes made/)
      const refused = await edit('s/^data:/immutable:/')
      t.equal(refused.code, 1)
      t.match(refused.stderr, /A copy of your changes has been stored to/)
    },
  },
]

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleImage } from '../kubectl.ts'
import { type Row, talker, web, words } from './row.ts'

const configMap = (name: string, data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: ${data}
`

export const creating: Row[] = [
  {
    name: 'create makes an object of each kind it knows',
    async check(t, { kubectl, namespace }) {
      const commands = [
        'configmap settings --from-literal=colour=blue',
        'secret generic password --from-literal=password=s3cret',
        'secret docker-registry pull --docker-server=registry.example --docker-username=u --docker-password=p',
        'serviceaccount robot',
        'role reader --verb=get,list --resource=pods',
        `rolebinding reader --role=reader --serviceaccount=${namespace}:robot`,
        `clusterrole ${namespace} --verb=get --resource=nodes`,
        `clusterrolebinding ${namespace} --clusterrole=${namespace} --user=${namespace}`,
        `priorityclass ${namespace} --value=10 --description=none`,
        'service clusterip plain --tcp=80:8080',
        'service nodeport outside --tcp=80:8080',
        'service loadbalancer balanced --tcp=80:8080',
        'service externalname elsewhere --external-name=example.com',
        `deployment idle --image=${sampleImage} --replicas=0`,
        `job once --image=${sampleImage} -- true`,
        `cronjob nightly --image=${sampleImage} --schedule=0~3~*~*~* -- true`,
        'ingress front --rule=example.com/*=plain:80',
        'poddisruptionbudget guard --selector=app=guarded --min-available=1',
        'quota small --hard=pods=100',
      ]
      for (const command of commands) t.match(await kubectl('create', ...words(command)), /created/, command)
      t.match(
        (await kubectl.run(words('create configmap settings'), { mayFail: true })).stderr,
        /configmaps "settings" already exists/,
      )
      t.match(await kubectl('create', 'token', 'robot', '--duration=20m'), /^eyJ[\w-]+\.[\w-]+\.[\w-]+\s*$/)
      t.equal(
        await kubectl('get', 'secret', 'password', '-o', 'jsonpath={.data.password}'),
        Buffer.from('s3cret').toString('base64'),
      )
    },
  },
  {
    name: 'apply creates, then says unchanged, then configures',
    async check(t, { kubectl }) {
      t.match(await kubectl.apply(web(0)), /deployment.apps\/web created/)
      t.match(await kubectl.apply(web(0)), /deployment.apps\/web unchanged/)
      t.match(await kubectl.apply(web()), /deployment.apps\/web configured/)
      await kubectl.apply(talker)
    },
  },
  {
    name: 'apply prunes what the manifest lost, and shows and sets what was applied last',
    async check(t, { kubectl }) {
      const apply = (input: string, ...more: string[]) =>
        kubectl.run(
          ['apply', '-l', 'set=pruned', '--prune', '--prune-allowlist=core/v1/ConfigMap', '-f', '-', ...more],
          { input },
        )
      const labelled = (name: string) =>
        configMap(name, '{ a: one }').replace(`name: ${name}`, `name: ${name}, labels: { set: pruned }`)
      t.match((await apply(`${labelled('first')}---${labelled('second')}`)).stdout, /configmap\/second created/)
      t.match((await apply(labelled('first'))).stdout, /configmap\/second pruned/)
      t.match(await kubectl('apply', 'view-last-applied', 'configmap/first'), /a: one/)
      const edited = await kubectl.run(['apply', 'edit-last-applied', 'configmap/first'], {
        env: { KUBE_EDITOR: 'sed -i s/one/two/' },
      })
      t.match(edited.stdout, /configmap\/first edited/)
      const set = await kubectl.run(['apply', 'set-last-applied', '-f', '-'], { input: labelled('first') })
      t.match(set.stdout, /configmap\/first configured/)
      await kubectl('delete', 'configmap', 'first')
    },
  },
  {
    name: 'apply on the server owns fields, refuses those of others, and takes them by force',
    async check(t, { kubectl }) {
      const apply = (manager: string, data: string, ...more: string[]) =>
        kubectl.run(['apply', '--server-side', `--field-manager=${manager}`, '-f', '-', ...more], {
          input: configMap('owned', data),
          mayFail: true,
        })
      t.match((await apply('one', '{ a: "1", b: "1" }')).stdout, /configmap\/owned serverside-applied/)
      const refused = await apply('two', '{ a: "2" }')
      t.match(refused, { code: 1, stderr: /Apply failed with 1 conflict: conflict with "one": \.data\.a/ })
      t.match((await apply('two', '{ a: "2" }', '--force-conflicts')).stdout, /serverside-applied/)
      t.match((await apply('one', '{ b: "1" }')).stdout, /serverside-applied/)
      t.same(JSON.parse(await kubectl('get', 'configmap', 'owned', '-o', 'jsonpath={.data}')), { a: '2', b: '1' })
      t.match(await kubectl('get', 'configmap', 'owned', '-o', 'yaml', '--show-managed-fields'), /manager: two/)
      t.notMatch(await kubectl('get', 'configmap', 'owned', '-o', 'yaml'), /managedFields/)
    },
  },
  {
    name: 'apply refuses unknown fields, warns of them, or lets them pass',
    async check(t, { kubectl }) {
      const input = `${configMap('extra', '{ a: "1" }')}colour: blue\n`
      const apply = (validate: string) =>
        kubectl.run(['apply', `--validate=${validate}`, '--dry-run=server', '-f', '-'], { input, mayFail: true })
      t.match(await apply('strict'), { code: 1, stderr: /unknown field "colour"/ })
      t.match(await apply('warn'), { code: 0, stderr: /Warning: unknown field "colour"/ })
      t.match(await apply('ignore'), { code: 0, stderr: '' })
    },
  },
  {
    name: 'run makes a pod, and shows what it says',
    async check(t, { kubectl }) {
      const said = await kubectl(
        'run',
        'short',
        `--image=${sampleImage}`,
        '--restart=Never',
        '--attach',
        '--rm',
        '--quiet',
        '--',
        'echo',
        'here',
      )
      t.equal(said, 'here\n')
      t.match(
        await kubectl(
          'run',
          'labelled',
          `--image=${sampleImage}`,
          '--labels=a=b',
          '--env=A=1',
          '--dry-run=server',
          '-o',
          'yaml',
        ),
        /a: b/,
      )
    },
  },
  {
    name: 'kustomize is built and applied',
    async check(t, { kubectl }) {
      const directory = mkdtempSync(join(tmpdir(), 'tandem-kustomize-'))
      t.teardown(() => rmSync(directory, { recursive: true }))
      writeFileSync(join(directory, 'settings.yaml'), configMap('kustomized', '{ a: "1" }'))
      writeFileSync(join(directory, 'kustomization.yaml'), 'resources: [settings.yaml]\nnamePrefix: pre-\n')
      t.match(await kubectl('kustomize', directory), /name: pre-kustomized/)
      t.match(await kubectl('apply', '-k', directory), /configmap\/pre-kustomized created/)
      t.match(await kubectl('delete', '-k', directory), /deleted/)
    },
  },
  {
    name: 'replace writes a whole object, by force anew',
    async check(t, { kubectl }) {
      const replace = (data: string, ...more: string[]) =>
        kubectl.run(['replace', '-f', '-', ...more], { input: configMap('settings', data), mayFail: true })
      t.match((await replace('{ colour: red }')).stdout, /replaced/)
      const uid = () => kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.metadata.uid}')
      const before = await uid()
      t.match((await replace('{ colour: blue }', '--force')).stdout, /replaced/)
      t.not(await uid(), before)
      const none = await kubectl.run(['replace', '-f', '-'], { input: configMap('none', '{}'), mayFail: true })
      t.match(none.stderr, /configmaps "none" not found/)
    },
  },
  {
    name: 'diff and a server-side dry run show a change and make none',
    async check(t, { kubectl }) {
      const { code, stdout } = await kubectl.run(['diff', '-f', '-'], { input: web(5), mayFail: true })
      t.equal(code, 1)
      t.match(stdout, /\+ {2}replicas: 5/)
      const { code: same } = await kubectl.run(['diff', '-f', '-'], { input: web(), mayFail: true })
      t.equal(same, 0)
      t.match(
        (await kubectl.run(['apply', '--dry-run=server', '-f', '-'], { input: web(5) })).stdout,
        /configured \(server dry run\)/,
      )
      t.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'), '1')
    },
  },
]

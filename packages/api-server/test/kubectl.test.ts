import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'

const run = promisify(execFile)
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
)

t.test('real kubectl', { skip: hasKubectl ? false : 'no kubectl on PATH' }, async (t) => {
  const server = await startTestServer()
  t.teardown(() => server.stop())
  const kubeconfig = await server.kubeconfig()
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(server.directory, 'kube-cache') }
  const manifest = join(server.directory, 'web.yaml')
  await writeFile(
    manifest,
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {a: b}}
spec: {containers: [{name: c, image: nginx}]}
`,
  )
  const rows: [command: string, output: RegExp][] = [
    ['version', /Server Version: v1\.36\.\d+\+tandem/],
    ['create serviceaccount default', /serviceaccount\/default created/],
    ['create configmap c --from-literal=x=y', /configmap\/c created/],
    ['get configmap c -o jsonpath={.data.x}', /^y$/],
    [`apply -f ${manifest}`, /deployment.apps\/web created\nservice\/web created\npod\/p created/],
    [`apply -f ${manifest}`, /deployment.apps\/web unchanged\nservice\/web unchanged\npod\/p unchanged/],
    [`apply --server-side --force-conflicts -f ${manifest}`, /deployment.apps\/web serverside-applied/],
    [
      'get deployments,pods,services',
      /deployment.apps\/web +0\/2 +0 +0 +\d+s[\s\S]*pod\/p +0\/1 +Pending[\s\S]*service\/web +ClusterIP +10\.96\./,
    ],
    ['describe pod p', /Service Account: +default[\s\S]*QoS Class: +BestEffort/],
    ['scale deployment web --replicas=3', /deployment.apps\/web scaled/],
    ['get deployment web -o jsonpath={.spec.replicas}', /^3$/],
    ['set image deployment/web c=nginx:2', /image updated/],
    ['label pod p x=y', /pod\/p labeled/],
    ['patch pod p --type=json -p [{"op":"remove","path":"/metadata/labels/x"}]', /pod\/p patched/],
    ['explain pod.spec.containers.image', /FIELD: image <string>/],
    ['auth can-i delete nodes', /yes/],
    ['create token default', /^ey/],
    ['create role r --verb=get --resource=pods', /role.rbac.authorization.k8s.io\/r created/],
    ['expose deployment web --name=other --port=80', /service\/other exposed/],
    ['wait --for=jsonpath={.status.phase}=Pending pod/p', /condition met/],
    ['delete pod p', /pod "p" deleted/],
    ['delete deployment,service -l none=none', /No resources found/],
    ['api-resources --namespaced=false', /namespaces +ns +v1 +false +Namespace/],
  ]
  for (const [command, output] of rows) {
    const { stdout, stderr } = await run('kubectl', command.split(' '), { env }).catch((error) => error)
    t.match(stdout + stderr, output, `kubectl ${command.replace(server.directory, '')}`)
  }
  const refused = await run('kubectl', ['create', 'configmap', 'c'], { env }).catch((error) => error)
  t.match(refused.stderr, /error: failed to create configmap: configmaps "c" already exists/)
})

import t from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { type KubectlVersion, kubectlFor, sampleImage } from './kubectl.ts'

/** Burns what it is given of CPU, four times what it asks for. */
const burner = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: burner }
spec:
  selector: { matchLabels: { app: burner } }
  template:
    metadata: { labels: { app: burner } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: burner
          image: ${sampleImage}
          command: [sh, -c, "while :; do :; done"]
          resources: { requests: { cpu: 50m, memory: 8Mi }, limits: { cpu: 200m, memory: 32Mi } }
`

const namespace = 'autoscaling'
const kubectl = kubectlFor({ cluster: 'staging', namespace })

t.test('under load there are more pods, and kubectl top tells why', async (t) => {
  await kubectl('create', 'namespace', namespace)
  t.teardown(() => kubectl('delete', 'namespace', namespace, '--wait=false'))
  await kubectl.apply(burner)
  await kubectl('rollout', 'status', 'deployment/burner', '--timeout=60s')

  // Before there is an autoscaler, so that its first look finds what was measured since the pod became ready.
  const versions: KubectlVersion[] = ['1.27', '1.36']
  for (const version of versions) {
    const top = kubectlFor({ cluster: 'staging', version, namespace })
    await eventually(async () =>
      mustMatch(await top('top', 'pods', '--containers'), /burner-\S+ +burner +[1-9]\d+m +\d+Mi/),
    )
    await eventually(async () => mustMatch(await top('top', 'nodes'), / +\d+m +\d+% +\d+Mi +\d+%/))
    t.match(await top('top', 'pods', '-l', 'app=burner', '--sort-by=cpu', '--no-headers'), /^burner-/)
  }
  t.match(await kubectl('get', 'apiservice', 'v1beta1.metrics.k8s.io'), /Local +True/)

  await kubectl('autoscale', 'deployment', 'burner', '--cpu-percent=100', '--min=1', '--max=3')
  await eventually(
    async () => mustMatch(await kubectl('get', 'deployment', 'burner', '-o', 'jsonpath={.spec.replicas}'), /^3$/),
    { seconds: 120 },
  )
  const described = await kubectl('describe', 'horizontalpodautoscaler', 'burner')
  t.match(described, /SuccessfulRescale .*cpu resource utilization \(percentage of request\) above target/)
  t.match(described, /ScalingActive +True +ValidMetricFound/)
  await kubectl('rollout', 'status', 'deployment/burner', '--timeout=60s')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clusterRoot, kubectlFor, sampleImage } from './kubectl.ts'

const plans = Object.fromEntries(
  ['prod', 'staging'].map((cluster) => [
    cluster,
    JSON.parse(readFileSync(join(clusterRoot(), cluster, 'plan.json'), 'utf8')),
  ]),
)
const pairs = [
  { from: 'prod', to: 'staging' },
  { from: 'staging', to: 'prod' },
] as const

for (const { from, to } of pairs) {
  t.test(`credentials of ${from} are refused by ${to}`, async (t) => {
    const kubectl = kubectlFor({ cluster: from })
    const server = `--server=https://${plans[to].hostAddress}:${plans[to].ports.apiServer}`
    const refused = await kubectl.run([server, 'get', 'pods'], { mayFail: true })
    t.not(refused.code, 0)
    t.match(refused.stderr, /certificate signed by unknown authority/, 'the client does not trust the server')
    const insecure = ['--insecure-skip-tls-verify', '--certificate-authority=']
    const unauthorized = await kubectl.run([server, ...insecure, 'get', 'pods'], { mayFail: true })
    t.not(unauthorized.code, 0)
    t.match(
      unauthorized.stderr,
      /Unauthorized|You must be logged in|forbidden: User "system:anonymous"/,
      'the server does not trust the client',
    )
    const token = (await kubectl('create', 'token', 'default')).trim()
    const byToken = await run(token, server)
    t.match(byToken.stderr, /Unauthorized|You must be logged in/, 'a service account token is no better')

    function run(bearer: string, target: string) {
      return kubectl.run(
        [target, ...insecure, `--token=${bearer}`, '--client-certificate=', '--client-key=', 'get', 'pods'],
        { mayFail: true },
      )
    }
  })

  t.test(`pods of ${from} reach nothing of ${to}`, async (t) => {
    const namespace = 'isolation'
    const [here, there] = [kubectlFor({ cluster: from, namespace }), kubectlFor({ cluster: to })]
    await here('create', 'namespace', namespace)
    t.teardown(() => here('delete', 'namespace', namespace, '--wait=false'))
    await here('run', 'probe', `--image=${sampleImage}`, '--command', '--', 'sleep', '3600')
    await here('wait', '--for=condition=Ready', 'pod/probe', '--timeout=60s')
    const get = (url: string) =>
      here.run(['exec', 'probe', '--', 'timeout', '3', 'wget', '-q', '-O', '-', url], { mayFail: true })
    const own = JSON.parse(await kubectlFor({ cluster: from })('get', 'service', 'front', '-o', 'json'))
    t.match((await get(`http://${own.spec.clusterIP}/`)).stdout, /back on/, 'its own Services answer')

    const service = JSON.parse(await there('get', 'service', 'front', '-o', 'json'))
    const podAddress = await there('get', 'pods', '-l', 'app=front', '-o', 'jsonpath={.items[0].status.podIP}')
    const plan = plans[to]
    const targets = {
      'a pod': `http://${podAddress}:8080/`,
      'a ClusterIP': `http://${service.spec.clusterIP}/`,
      'a load-balancer address': `http://${service.status.loadBalancer.ingress[0].ip}/`,
      ...(plan.nodePortAddress && {
        'a NodePort': `http://${plan.nodePortAddress}:${service.spec.ports[0].nodePort}/`,
      }),
    }
    for (const [what, url] of Object.entries<string>(targets))
      t.not((await get(url)).code, 0, `${what} of ${to} does not answer`)
  })
}

t.test('staging takes no privileged pod where it shares the host with prod; prod does', async (t) => {
  const pod = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'privileged' },
    spec: { containers: [{ name: 'c', image: sampleImage, securityContext: { privileged: true } }] },
  })
  const create = (cluster: 'prod' | 'staging') =>
    kubectlFor({ cluster }).run(['create', '--dry-run=server', '-f', '-'], { input: pod, mayFail: true })
  t.match((await create('staging')).stderr, /violates PodSecurity "baseline:latest": privileged/)
  t.equal((await create('prod')).code, 0)
})

import t from 'tap'
import { kubectlFor, sampleImage } from './kubectl.ts'

/** Serves on for 5 s after SIGTERM, as an app does that drains its connections. */
const server = (version: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: server }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: server } }
  template:
    metadata: { labels: { app: server }, annotations: { version: "${version}" } }
    spec:
      containers:
        - name: server
          image: ${sampleImage}
          command:
            - sh
            - -c
            - |
              echo version ${version} > /tmp/index.html
              httpd -f -p 8080 -h /tmp & served=$!
              trap 'sleep 5; kill $served; exit 0' TERM
              wait $served; wait $served
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: server }
spec: { selector: { app: server }, ports: [{ port: 80, targetPort: 8080 }] }
`

/** Asks again and again, one new connection each, and counts answers by what they say. */
const client = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: ${sampleImage}
      command:
        - sh
        - -c
        - |
          while [ ! -e /tmp/stop ]; do timeout 5 wget -q -O - http://server >> /tmp/answers 2>/dev/null || echo lost >> /tmp/answers; done
          sleep 3600
`

t.test('a rolling update under load loses no request', async (t) => {
  const kubectl = kubectlFor({ cluster: 'staging', namespace: 'rolling' })
  await kubectl('create', 'namespace', 'rolling')
  t.teardown(() => kubectl('delete', 'namespace', 'rolling', '--wait=false'))
  await kubectl.apply(server(1))
  await kubectl('rollout', 'status', 'deployment/server', '--timeout=90s')
  await kubectl.apply(client)
  await kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=30s')
  await kubectl.apply(server(2))
  await kubectl('rollout', 'status', 'deployment/server', '--timeout=120s')
  // Until the old pods are gone, which may take their whole grace.
  await kubectl('wait', '--for=jsonpath={.status.terminatingReplicas}=0', 'deployment/server', '--timeout=60s').catch(
    () => '',
  )
  await kubectl('exec', 'client', '--', 'touch', '/tmp/stop')
  const answers = (await kubectl('exec', 'client', '--', 'cat', '/tmp/answers')).trim().split('\n')
  const count = (text: string) => answers.filter((answer) => answer === text).length
  t.equal(count('lost'), 0, `of ${answers.length} requests`)
  t.ok(count('version 1') > 0 && count('version 2') > 0, 'both versions answered')
  t.equal(count('version 1') + count('version 2'), answers.length)
})

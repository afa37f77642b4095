import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { readPid } from '@tandem/cluster/supervisor/supervisor'
import t from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { clusterRoot, kubectlFor, sampleImage } from './kubectl.ts'

const namespace = 'volumes'
const kubectl = kubectlFor({ cluster: 'staging', namespace })
await kubectl('create', 'namespace', namespace)
t.teardown(() => kubectl('delete', 'namespace', namespace, '--wait=false'))

/** A set whose pods note their starts in a file of their own volume. Its user is not root. */
const set = (name: string, retention = '') => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ${name} }
spec:
  serviceName: ${name}
  replicas: 2
  ${retention}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: { runAsUser: 1000, runAsNonRoot: true }
      containers:
        - name: main
          image: ${sampleImage}
          command: [sh, -c, 'echo start >> /data/starts; trap exit TERM; while :; do sleep 1 & wait; done']
          volumeMounts: [{ name: data, mountPath: /data }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 16Mi } } }
`

const directory = join(clusterRoot(), 'staging', 'kubelet', 'local-path')
const isThere = (volume: string): Promise<boolean> =>
  access(join(directory, volume)).then(
    () => true,
    () => false,
  )
const volumeOf = (claim: string) => kubectl('get', 'pvc', claim, '-o', 'jsonpath={.spec.volumeName}')
const startsOf = async (pod: string) => (await kubectl('exec', pod, '--', 'cat', '/data/starts')).split('\n').length - 1
const ready = (name: string) => kubectl('rollout', 'status', `statefulset/${name}`, '--timeout=90s')
const gone = (...what: string[]) => kubectl('wait', '--for=delete', ...what, '--timeout=60s')
const removed = (volume: string) =>
  eventually(async () => {
    if (await isThere(volume)) throw new Error(`${volume} is still there`)
  })

t.test('a StatefulSet keeps its data', async (t) => {
  await kubectl.apply(set('keeper'))
  await ready('keeper')
  const [first, second] = [await volumeOf('data-keeper-0'), await volumeOf('data-keeper-1')]
  t.ok(await isThere(first))
  t.match(await kubectl('get', 'pvc'), /data-keeper-0 +Bound +pvc-\S+ +16Mi +RWO +local-path/)

  await kubectl('delete', 'pod', 'keeper-0')
  await ready('keeper')
  t.equal(await startsOf('keeper-0'), 2, 'over the deletion of its pod')

  await kubectl('scale', 'statefulset/keeper', '--replicas=1')
  await gone('pod/keeper-1')
  await kubectl('scale', 'statefulset/keeper', '--replicas=2')
  await ready('keeper')
  t.equal(await startsOf('keeper-1'), 2, 'over scaling down and up')

  const kubelet = readPid(join(clusterRoot(), 'staging', 'run'), 'kubelet')
  if (kubelet) process.kill(kubelet.pid, 'SIGKILL')
  await kubectl('delete', 'pod', 'keeper-0')
  await ready('keeper')
  t.equal(await startsOf('keeper-0'), 3, 'over the end of the kubelet')

  await kubectl('delete', 'statefulset', 'keeper')
  await gone('pod/keeper-0', 'pod/keeper-1')
  t.ok(await isThere(first), 'claims outlive their set')
  await kubectl('delete', 'pvc', 'data-keeper-0')
  await removed(first)
  await gone(`pv/${first}`)
  t.ok(await isThere(second), 'the other is untouched')
  await kubectl('delete', 'pvc', 'data-keeper-1')
  await removed(second)
})

t.test('claims go with their set, or with its size, where it says so', async (t) => {
  await kubectl.apply(
    set('passing', 'persistentVolumeClaimRetentionPolicy: { whenScaled: Delete, whenDeleted: Delete }'),
  )
  await ready('passing')
  const [first, second] = [await volumeOf('data-passing-0'), await volumeOf('data-passing-1')]
  await kubectl('scale', 'statefulset/passing', '--replicas=1')
  await removed(second)
  t.ok(await isThere(first))
  await kubectl('delete', 'statefulset', 'passing')
  await removed(first)
  await gone('pvc', '--all')
})

t.test('what is retained stays, and can be taken up again', async (t) => {
  const claim = (volume: string) => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: notes }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 16Mi } }, storageClassName: local-path${volume} }
`
  const pod = `
apiVersion: v1
kind: Pod
metadata: { name: writer }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: ${sampleImage}
      command: [sh, -c, 'echo start >> /data/starts; trap exit TERM; while :; do sleep 1 & wait; done']
      volumeMounts: [{ name: data, mountPath: /data }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: notes } }]
`
  await kubectl.apply(claim(''))
  await kubectl.apply(pod)
  await kubectl('wait', '--for=condition=Ready', 'pod/writer', '--timeout=60s')
  const volume = await volumeOf('notes')
  await kubectl('patch', 'pv', volume, '--patch', '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}')
  const { code, stderr } = await kubectl.run(
    ['patch', 'pvc', 'notes', '--patch', '{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}'],
    { mayFail: true },
  )
  t.equal(code, 1, 'a directory does not grow')
  t.match(stderr, /only dynamically provisioned pvc can be resized/)
  await kubectl('delete', 'pod/writer', 'pvc/notes')
  await eventually(async () =>
    mustMatch(await kubectl('get', 'pv', volume, '-o', 'jsonpath={.status.phase}'), /^Released$/),
  )
  t.ok(await isThere(volume))

  await kubectl('patch', 'pv', volume, '--type=json', '--patch', '[{"op":"remove","path":"/spec/claimRef"}]')
  await kubectl.apply(claim(`, volumeName: ${volume}`))
  await kubectl.apply(pod)
  await kubectl('wait', '--for=condition=Ready', 'pod/writer', '--timeout=60s')
  t.equal(await startsOf('writer'), 2)
  await kubectl('patch', 'pv', volume, '--patch', '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}')
  await kubectl('delete', 'pod/writer', 'pvc/notes')
  await removed(volume)
})

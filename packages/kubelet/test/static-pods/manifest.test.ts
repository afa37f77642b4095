import t from 'tap'
import { ManifestError, staticPod } from '../../src/static-pods/manifest.ts'

const manifest = (spec: string, metadata = '{name: web}') => ({
  file: '/etc/kubernetes/manifests/web.yaml',
  text: `apiVersion: v1\nkind: Pod\nmetadata: ${metadata}\nspec: ${spec}\n`,
})
const plain = '{containers: [{name: main, image: app}]}'
const on = { nodeName: 'node-1', now: Date.parse('2026-01-01T00:00:00Z') }

t.test('a manifest becomes a pod of this node', async (t) => {
  const pod = staticPod(manifest(plain, '{name: web, labels: {app: web}}'), on)
  t.match(pod, {
    metadata: {
      name: 'web-node-1',
      namespace: 'default',
      labels: { app: 'web' },
      annotations: {
        'kubernetes.io/config.hash': pod.metadata.uid,
        'kubernetes.io/config.source': 'file',
        'kubernetes.io/config.seen': '2026-01-01T00:00:00.000Z',
      },
    },
    spec: {
      nodeName: 'node-1',
      restartPolicy: 'Always',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers: [{ name: 'main', imagePullPolicy: 'Always' }],
    },
    status: { phase: 'Pending' },
  })
  t.match(pod.metadata.uid, /^[0-9a-f]{32}$/)
})

t.test('the uid changes with the text, the file and the node, and with nothing else', async (t) => {
  const { uid } = staticPod(manifest(plain), on).metadata
  t.equal(staticPod(manifest(plain), { ...on, now: 1 }).metadata.uid, uid)
  t.not(staticPod(manifest(plain.replace('app', 'app:2')), on).metadata.uid, uid)
  t.not(staticPod({ ...manifest(plain), file: '/other.yaml' }, on).metadata.uid, uid)
  t.not(staticPod(manifest(plain), { ...on, nodeName: 'node-2' }).metadata.uid, uid)
  t.equal(staticPod(manifest(plain, '{name: web, uid: mine}'), on).metadata.uid, 'mine')
})

const withVolume = (volume: string) => `{containers: [{name: main, image: app}], volumes: [${volume}]}`
const refused: [what: string, text: { file: string; text: string }, message: string | RegExp][] = [
  ['text that is no YAML', { file: 'f', text: '{' }, /yaml: /],
  ['nothing in it', { file: 'f', text: '' }, /the input is empty/],
  ['another kind', { file: 'f', text: 'apiVersion: v1\nkind: Service\nspec: {containers: []}' }, /^invalid pod: /],
  ['no name', manifest(plain, '{}'), 'invalid pod: name is needed for the pod'],
  ['no container', manifest('{containers: []}'), 'invalid pod: spec.containers: Required value'],
  [
    'a service account',
    manifest('{serviceAccountName: x, containers: [{name: main, image: app}]}'),
    'static pods may not reference serviceaccounts',
  ],
  [
    'a secret in the environment',
    manifest('{containers: [{name: main, image: app, envFrom: [{secretRef: {name: s}}]}]}'),
    'static pods may not reference secrets',
  ],
  [
    'a config map in the environment',
    manifest(
      '{containers: [{name: main, image: app, env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}]}',
    ),
    'static pods may not reference configmaps',
  ],
  [
    'a secret volume',
    manifest(withVolume('{name: v, secret: {secretName: s}}')),
    'static pods may not reference secrets (via secret volumes)',
  ],
  [
    'a claim',
    manifest(withVolume('{name: v, persistentVolumeClaim: {claimName: c}}')),
    'static pods may not reference persistentvolumeclaims',
  ],
  [
    'a projected config map',
    manifest(withVolume('{name: v, projected: {sources: [{configMap: {name: c}}]}}')),
    'static pods may not reference configmaps (via projected volumes)',
  ],
]
for (const [what, text, message] of refused)
  t.test(`a manifest with ${what} is refused`, async (t) => {
    t.match(refusalOf(text), message)
  })

function refusalOf(manifest: { file: string; text: string }): string {
  try {
    staticPod(manifest, on)
    return 'none'
  } catch (error) {
    return error instanceof ManifestError ? error.message : `not a ManifestError: ${error}`
  }
}

t.test('volumes that need no API are taken', async (t) => {
  t.ok(
    staticPod(
      manifest(
        withVolume(
          '{name: a, hostPath: {path: /a}}, {name: b, emptyDir: {}}, {name: c, projected: {sources: [{downwardAPI: {items: []}}]}}',
        ),
      ),
      on,
    ),
  )
})

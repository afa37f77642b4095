import { randomBytes } from 'node:crypto'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '@tandem/api/core/v1/types'
import { flatText } from '../registry/flat-text.ts'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

const defaultName = 'default'
/** The default account of a new namespace is made by a controller: its first pods wait a moment for it. */
const defaultAttempts = 10
const retryInterval = 150
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
const mirrorAnnotation = 'kubernetes.io/config.mirror'
/** An hour and seven seconds: upstream tells tokens that it mounts itself by it. */
const tokenSeconds = 3607

/** Gives each pod a service account, its token as a projected volume, and its image pull secrets. */
export const serviceAccount = (context: PluginContext): AdmissionPlugin => ({
  name: 'ServiceAccount',
  resources: ['/pods'],
  operations: ['CREATE'],
  async admit(request) {
    if (request.subresource !== '') return
    const pod = objectOf<Pod>(request)
    if (!pod.spec) return
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return checkMirrorPod(request, pod.spec)
    pod.spec.serviceAccountName ||= defaultName
    const account = await findAccount(context, request, pod.spec.serviceAccountName)
    if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod.spec)
    if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      pod.spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }))
    pod.spec.serviceAccount = pod.spec.serviceAccountName
  },
})

async function findAccount(context: PluginContext, request: AdmissionRequest, name: string): Promise<ServiceAccount> {
  const { namespace } = request
  for (let attempt = 1; ; attempt++) {
    const account = await lookUp(context, serviceAccounts, { namespace, name })
    if (account) return account
    if (name !== defaultName || attempt >= defaultAttempts) break
    await context.clock.sleep(retryInterval)
  }
  throw admissionForbidden(
    request,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

function checkMirrorPod(request: AdmissionRequest, spec: PodSpec): void {
  if (spec.serviceAccountName) throw admissionForbidden(request, 'a mirror pod may not reference service accounts')
  for (const { secret, projected } of spec.volumes ?? []) {
    if (secret) throw admissionForbidden(request, 'a mirror pod may not reference secrets')
    if (projected?.sources?.some((source) => source.serviceAccountToken))
      throw admissionForbidden(request, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

/** Containers that mount something of their own there keep it. */
function mountToken(spec: PodSpec): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix))
  const name = existing?.name ?? flatText(volumePrefix + randomSuffix())
  let mounted = false
  const mountIn = (container: Pick<Container, 'volumeMounts'>) => {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) return
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }]
    mounted = true
  }
  spec.initContainers?.forEach(mountIn)
  spec.containers.forEach(mountIn)
  if (mounted && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const randomSuffix = (): string => [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('')

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
})

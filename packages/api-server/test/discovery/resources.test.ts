import { definitions } from '@tandem/api'
import type { ResourceDefinition } from '@tandem/apimachinery'
import t from 'tap'
import { apiResourceList } from '../../src/discovery/discovery.ts'

/**
 * What Kubernetes 1.36 serves in its stable versions: kind and scope, then what differs from the usual. The singular is the kind in lower
 * case, verbs are all eight, a subresource is of the resource's own kind and may be read, patched and updated.
 */
const upstream: Record<string, Record<string, string>> = {
  v1: {
    bindings: 'Binding namespaced verbs=create',
    componentstatuses: 'ComponentStatus cluster short=cs verbs=get,list',
    configmaps: 'ConfigMap namespaced short=cm',
    endpoints: 'Endpoints namespaced short=ep',
    events: 'Event namespaced short=ev',
    limitranges: 'LimitRange namespaced short=limits',
    namespaces: 'Namespace cluster short=ns verbs=create,delete,get,list,patch,update,watch /finalize(update) /status',
    nodes: 'Node cluster short=no /proxy:NodeProxyOptions(create,delete,get,patch,update) /status',
    persistentvolumeclaims: 'PersistentVolumeClaim namespaced short=pvc /status',
    persistentvolumes: 'PersistentVolume cluster short=pv /status',
    pods: 'Pod namespaced short=po categories=all /attach:PodAttachOptions(create,get) /binding:Binding(create) /ephemeralcontainers /eviction:policy/v1.Eviction(create) /exec:PodExecOptions(create,get) /log(get) /portforward:PodPortForwardOptions(create,get) /proxy:PodProxyOptions(create,delete,get,patch,update) /resize /status',
    podtemplates: 'PodTemplate namespaced',
    replicationcontrollers:
      'ReplicationController namespaced short=rc categories=all /scale:autoscaling/v1.Scale /status',
    resourcequotas: 'ResourceQuota namespaced short=quota /status',
    secrets: 'Secret namespaced',
    serviceaccounts: 'ServiceAccount namespaced short=sa /token:authentication.k8s.io/v1.TokenRequest(create)',
    services:
      'Service namespaced short=svc categories=all /proxy:ServiceProxyOptions(create,delete,get,patch,update) /status',
  },
  'admissionregistration.k8s.io/v1': {
    mutatingadmissionpolicies: 'MutatingAdmissionPolicy cluster categories=api-extensions',
    mutatingadmissionpolicybindings: 'MutatingAdmissionPolicyBinding cluster categories=api-extensions',
    mutatingwebhookconfigurations: 'MutatingWebhookConfiguration cluster categories=api-extensions',
    validatingadmissionpolicies: 'ValidatingAdmissionPolicy cluster categories=api-extensions /status',
    validatingadmissionpolicybindings: 'ValidatingAdmissionPolicyBinding cluster categories=api-extensions',
    validatingwebhookconfigurations: 'ValidatingWebhookConfiguration cluster categories=api-extensions',
  },
  'apiextensions.k8s.io/v1': {
    customresourcedefinitions: 'CustomResourceDefinition cluster short=crd,crds categories=api-extensions /status',
  },
  'apiregistration.k8s.io/v1': {
    apiservices: 'APIService cluster categories=api-extensions /status',
  },
  'apps/v1': {
    controllerrevisions: 'ControllerRevision namespaced',
    daemonsets: 'DaemonSet namespaced short=ds categories=all /status',
    deployments: 'Deployment namespaced short=deploy categories=all /scale:autoscaling/v1.Scale /status',
    replicasets: 'ReplicaSet namespaced short=rs categories=all /scale:autoscaling/v1.Scale /status',
    statefulsets: 'StatefulSet namespaced short=sts categories=all /scale:autoscaling/v1.Scale /status',
  },
  'authentication.k8s.io/v1': {
    selfsubjectreviews: 'SelfSubjectReview cluster verbs=create',
    tokenreviews: 'TokenReview cluster verbs=create',
  },
  'authorization.k8s.io/v1': {
    localsubjectaccessreviews: 'LocalSubjectAccessReview namespaced verbs=create',
    selfsubjectaccessreviews: 'SelfSubjectAccessReview cluster verbs=create',
    selfsubjectrulesreviews: 'SelfSubjectRulesReview cluster verbs=create',
    subjectaccessreviews: 'SubjectAccessReview cluster verbs=create',
  },
  'autoscaling/v1': {
    horizontalpodautoscalers: 'HorizontalPodAutoscaler namespaced short=hpa categories=all /status',
  },
  'autoscaling/v2': {
    horizontalpodautoscalers: 'HorizontalPodAutoscaler namespaced short=hpa categories=all /status',
  },
  'batch/v1': {
    cronjobs: 'CronJob namespaced short=cj categories=all /status',
    jobs: 'Job namespaced categories=all /status',
  },
  'certificates.k8s.io/v1': {
    certificatesigningrequests: 'CertificateSigningRequest cluster short=csr /approval /status',
  },
  'coordination.k8s.io/v1': {
    leases: 'Lease namespaced',
  },
  'discovery.k8s.io/v1': {
    endpointslices: 'EndpointSlice namespaced',
  },
  'events.k8s.io/v1': {
    events: 'Event namespaced short=ev',
  },
  'flowcontrol.apiserver.k8s.io/v1': {
    flowschemas: 'FlowSchema cluster /status',
    prioritylevelconfigurations: 'PriorityLevelConfiguration cluster /status',
  },
  'networking.k8s.io/v1': {
    ingressclasses: 'IngressClass cluster',
    ingresses: 'Ingress namespaced short=ing /status',
    ipaddresses: 'IPAddress cluster short=ip',
    networkpolicies: 'NetworkPolicy namespaced short=netpol',
    servicecidrs: 'ServiceCIDR cluster /status',
  },
  'node.k8s.io/v1': {
    runtimeclasses: 'RuntimeClass cluster',
  },
  'policy/v1': {
    poddisruptionbudgets: 'PodDisruptionBudget namespaced short=pdb /status',
  },
  'rbac.authorization.k8s.io/v1': {
    clusterrolebindings: 'ClusterRoleBinding cluster',
    clusterroles: 'ClusterRole cluster',
    rolebindings: 'RoleBinding namespaced',
    roles: 'Role namespaced',
  },
  'resource.k8s.io/v1': {
    deviceclasses: 'DeviceClass cluster',
    resourceclaims: 'ResourceClaim namespaced /status',
    resourceclaimtemplates: 'ResourceClaimTemplate namespaced',
    resourceslices: 'ResourceSlice cluster',
  },
  'scheduling.k8s.io/v1': {
    priorityclasses: 'PriorityClass cluster short=pc',
  },
  'storage.k8s.io/v1': {
    csidrivers: 'CSIDriver cluster',
    csinodes: 'CSINode cluster',
    csistoragecapacities: 'CSIStorageCapacity namespaced',
    storageclasses: 'StorageClass cluster short=sc',
    volumeattachments: 'VolumeAttachment cluster /status',
    volumeattributesclasses: 'VolumeAttributesClass cluster short=vac',
  },
}

interface Resource {
  name: string
  singularName: string
  namespaced: boolean
  kind: string
  group?: string
  version?: string
  verbs: readonly string[]
  shortNames?: readonly string[]
  categories?: readonly string[]
}

const all = 'create,delete,deletecollection,get,list,patch,update,watch'
const list = (name: string, values: readonly string[] | undefined): string[] =>
  values?.length ? [`${name}=${values.join(',')}`] : []

function subresource({ name, kind, group, version, verbs }: Resource, parent: Resource): string {
  const own = kind === parent.kind ? '' : `:${version ? `${group ?? ''}/${version}.` : ''}${kind}`
  const only = verbs.join(',')
  return `/${name.slice(parent.name.length + 1)}${own}${only === 'get,patch,update' ? '' : `(${only})`}`
}

function factsOf(resource: Resource, resources: readonly Resource[]): string {
  const { name, kind, namespaced, singularName, verbs, shortNames, categories } = resource
  const below = resources.filter((other) => other.name.startsWith(`${name}/`))
  return [
    kind,
    namespaced ? 'namespaced' : 'cluster',
    ...(singularName === kind.toLowerCase() ? [] : [`singular=${singularName}`]),
    ...list('short', shortNames),
    ...list('categories', categories),
    ...(verbs.join(',') === all ? [] : list('verbs', verbs)),
    ...below.sort((a, b) => (a.name < b.name ? -1 : 1)).map((other) => subresource(other, resource)),
  ].join(' ')
}

const served = definitions as unknown as ResourceDefinition[]

for (const [groupVersion, resources] of Object.entries(upstream))
  t.test(groupVersion, async (t) => {
    const [version = '', group = ''] = groupVersion.split('/').reverse()
    const ours: Resource[] = apiResourceList(served, { group, version })?.resources ?? []
    const facts = ours
      .filter(({ name }) => !name.includes('/'))
      .map((resource) => [resource.name, factsOf(resource, ours)])
    t.strictSame(Object.fromEntries(facts), resources)
  })

t.test('no other stable version is served', async (t) => {
  const versions = served.map(({ group, version }) => (group ? `${group}/${version}` : version))
  const others = versions.filter((each) => /v\d+$/.test(each) && !Object.hasOwn(upstream, each))
  t.strictSame([...new Set(others)], [])
})

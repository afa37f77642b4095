export interface SourcePackage {
  path: string
  /** The prefix of its types' OpenAPI names. */
  openapi: string
  /** Folder of the TypeScript interfaces below packages/api/src; absent where none are written. */
  folder?: string
  files?: readonly string[]
  /** Only its names are looked up; no models of its own. */
  onlyReferenced?: true
}

const groups: Record<string, readonly string[]> = {
  admission: ['v1'],
  admissionregistration: ['v1', 'v1beta1'],
  apidiscovery: ['v2'],
  apps: ['v1'],
  authentication: ['v1'],
  authorization: ['v1'],
  autoscaling: ['v1', 'v2'],
  batch: ['v1'],
  certificates: ['v1', 'v1beta1'],
  coordination: ['v1', 'v1beta1'],
  core: ['v1'],
  discovery: ['v1'],
  events: ['v1'],
  flowcontrol: ['v1'],
  networking: ['v1', 'v1beta1'],
  node: ['v1'],
  policy: ['v1'],
  rbac: ['v1'],
  resource: ['v1', 'v1beta1', 'v1beta2'],
  scheduling: ['v1'],
  storage: ['v1', 'v1beta1'],
  storagemigration: ['v1beta1'],
}

const openapiName = (path: string): string => {
  const [host, ...rest] = path.split('/') as [string, ...string[]]
  return [...host.split('.').reverse(), ...rest].join('.')
}

const named = (path: string, options: Omit<SourcePackage, 'path' | 'openapi'> = {}): SourcePackage => ({
  path,
  openapi: openapiName(path),
  ...options,
})

export const packages: readonly SourcePackage[] = [
  ...Object.entries(groups).flatMap(([group, versions]) =>
    versions.map((version) => named(`k8s.io/api/${group}/${version}`, { folder: `${group}/${version}` })),
  ),
  named('k8s.io/apimachinery/pkg/apis/meta/v1', {
    folder: 'meta/v1',
    files: ['types.go', 'watch.go', 'group_version.go'],
  }),
  named('k8s.io/apimachinery/pkg/version'),
  named('k8s.io/apimachinery/pkg/types', { files: ['uid.go', 'nodename.go', 'patch.go'], onlyReferenced: true }),
  named('k8s.io/apimachinery/pkg/runtime', { onlyReferenced: true }),
  named('k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1', {
    folder: 'apiextensions/v1',
    files: ['types.go', 'types_jsonschema.go'],
  }),
  named('k8s.io/kube-aggregator/pkg/apis/apiregistration/v1', { folder: 'apiregistration/v1' }),
  named('k8s.io/metrics/pkg/apis/metrics/v1beta1', { folder: 'metrics/v1beta1' }),
]

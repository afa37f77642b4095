import type { Volume, VolumeProjection } from '../types.ts'

interface SourcedPath {
  path: string
  source: string
}

const paths = (items: readonly { path: string }[] | undefined, source = ''): SourcedPath[] =>
  (items ?? []).map(({ path }) => ({ path: path.replace(/\/+$/, ''), source }))

const told = ({ path, source }: SourcedPath): string => (source ? `"${path}" (${source})` : `"${path}"`)

const overlap = (a: string, b: string): boolean =>
  a !== '' && b !== '' && (`${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`))

const overlaps = (all: readonly SourcedPath[]): string[] =>
  all.flatMap((one, i) =>
    all
      .slice(0, i)
      .filter((other) => overlap(other.path, one.path))
      .map((other) => `${told(one)} with ${told(other)}`),
  )

function projectedPaths(source: VolumeProjection): SourcedPath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  const single = (path: string | undefined, name: string): SourcedPath[] => (path ? paths([{ path }], name) : [])
  return [
    ...paths(configMap?.items, `ConfigMap "${configMap?.name}"`),
    ...paths(secret?.items, `Secret "${secret?.name}"`),
    ...paths(downwardAPI?.items, 'DownwardAPI'),
    ...single(serviceAccountToken?.path, 'ServiceAccountToken'),
    ...single(
      clusterTrustBundle?.path,
      `ClusterTrustBundle "${clusterTrustBundle?.name ?? clusterTrustBundle?.signerName}"`,
    ),
    ...single(podCertificate?.certificateChainPath, 'PodCertificate chain'),
    ...single(podCertificate?.keyPath, 'PodCertificate key'),
    ...single(podCertificate?.credentialBundlePath, 'PodCertificate credential bundle'),
  ]
}

/** Two keys of a volume that would become one file, or a file and a directory. */
export function overlappingPathWarnings(volumes: readonly Volume[] | undefined): string[] {
  return (volumes ?? []).flatMap(({ name, configMap, secret, downwardAPI, projected }) => {
    const warn = (kind: string, all: readonly SourcedPath[]): string[] =>
      overlaps(all).map((found) => `volume "${name}" (${kind}): overlapping paths: ${found}`)
    return [
      ...warn(`ConfigMap "${configMap?.name}"`, paths(configMap?.items)),
      ...warn(`Secret "${secret?.secretName}"`, paths(secret?.items)),
      ...warn('DownwardAPI', paths(downwardAPI?.items)),
      ...(projected?.sources ?? [])
        .filter((source) => Object.keys(source).length === 0)
        .map(() => `volume "${name}" (Projected) has no sources provided`),
      ...warn('Projected', (projected?.sources ?? []).flatMap(projectedPaths)),
    ]
  })
}

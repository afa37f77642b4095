import { gitVersion, kubernetesMajor, kubernetesMinor } from '@tandem/component-base/version'

/** What `/version` answers and `kubectl version` prints. */
export const version = {
  major: kubernetesMajor,
  minor: kubernetesMinor,
  emulationMajor: kubernetesMajor,
  emulationMinor: kubernetesMinor,
  minCompatibilityMajor: kubernetesMajor,
  minCompatibilityMinor: String(Number(kubernetesMinor) - 1),
  gitVersion,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const

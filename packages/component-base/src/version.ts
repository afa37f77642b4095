/** What we are, and the Kubernetes whose API and behaviour we follow. */
export const tandemVersion = '0.1.0'
export const kubernetesMajor = '1'
export const kubernetesMinor = '36'
export const kubernetesVersion = 'v1.36.3'

/** As `kubectl version` shows the server, and nodes show their kubelet. */
export const gitVersion = `${kubernetesVersion}+tandem.${tandemVersion}`

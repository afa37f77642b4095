import { join } from 'node:path'

/** Where the kubelet keeps what belongs to pods, laid out as upstream's root directory. */
export class Directories {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  get pods(): string {
    return join(this.root, 'pods')
  }
  pod(uid: string): string {
    return join(this.pods, uid)
  }
  volumes(uid: string): string {
    return join(this.pod(uid), 'volumes')
  }
  /** `kubernetes.io/empty-dir` is the folder `kubernetes.io~empty-dir`. */
  volume(uid: string, plugin: string, name: string): string {
    return join(this.volumes(uid), plugin.replace('/', '~'), name)
  }
  subPath(uid: string, volume: string, container: string, index: number): string {
    return join(this.pod(uid), 'volume-subpaths', volume, container, String(index))
  }
  container(uid: string, name: string): string {
    return join(this.pod(uid), 'containers', name)
  }
  terminationMessage(uid: string, name: string, attempt: number): string {
    return join(this.container(uid, name), String(attempt))
  }
  hostsFile(uid: string): string {
    return join(this.pod(uid), 'etc-hosts')
  }
  resolvConf(uid: string): string {
    return join(this.pod(uid), 'resolv.conf')
  }
  hostname(uid: string): string {
    return join(this.pod(uid), 'hostname')
  }
  get cniResults(): string {
    return join(this.root, 'network')
  }
  get cniAddresses(): string {
    return join(this.root, 'network', 'addresses')
  }
  get seccomp(): string {
    return join(this.root, 'seccomp')
  }
  get certificates(): string {
    return join(this.root, 'pki')
  }
  /** Written while a kubelet uses this root. */
  get lock(): string {
    return join(this.root, 'kubelet.lock')
  }
}

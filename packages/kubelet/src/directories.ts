import { join } from 'node:path'

/** Where the kubelet keeps what belongs to pods, laid out as upstream's root directory. */
export class Directories {
  readonly root: string
  readonly logs: string

  constructor(root: string, logs = '/var/log/pods') {
    this.root = root
    this.logs = logs
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
  /** Parts of volumes, bound where the pod cannot change the way to them. */
  subPaths(uid: string): string {
    return join(this.pod(uid), 'volume-subpaths')
  }
  /** Where a volume plugin keeps what is not of one pod. */
  plugin(name: string): string {
    return join(this.root, 'plugins', name)
  }
  /** Where plugins put their sockets to be found. */
  get pluginRegistry(): string {
    return join(this.root, 'plugins_registry')
  }
  /** Volumes that were provisioned here: they outlive pods. */
  get localPath(): string {
    return join(this.root, 'local-path')
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
  get devicePlugins(): string {
    return join(this.root, 'device-plugins')
  }
  /** Which devices were made ready for whom. */
  get preparedClaims(): string {
    return join(this.root, 'dra_manager_state')
  }
  get cniResults(): string {
    return join(this.root, 'network')
  }
  get cniAddresses(): string {
    return join(this.root, 'network', 'addresses')
  }
  podLogs({ namespace, name, uid }: { namespace?: string; name: string; uid: string }): string {
    return join(this.logs, `${namespace}_${name}_${uid}`)
  }
  /** Links to all logs, beside those by pod: `/var/log/containers`. */
  get containerLogs(): string {
    return join(this.logs, '..', 'containers')
  }
  log(pod: { namespace?: string; name: string; uid: string }, container: string, attempt: number): string {
    return join(this.podLogs(pod), container, `${attempt}.log`)
  }
  get seccomp(): string {
    return join(this.root, 'seccomp')
  }
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { neededSysctls } from '@tandem/cluster/host/record'
import { run } from '../e2e/kubectl.ts'

export interface SnapshotScope {
  /** Where mounts count: below the data of this test's clusters, and below those of the engine. */
  directories: readonly string[]
  /** The cgroup above all of this test's clusters; other tests of this machine have others. */
  cgroup: string
  /** The socket of the engine. */
  socketPath: string
}

/** Everything of a host that a user could find changed, as text that can be compared. */
export async function snapshotHost({
  directories,
  cgroup,
  socketPath,
}: SnapshotScope): Promise<Record<string, string>> {
  const print = async (...command: string[]) =>
    (await run(command[0] ?? '', command.slice(1), { mayFail: true })).stdout
  // The engine lists what was made in the same second in any order.
  const docker = async (...args: string[]) =>
    sorted((await print('docker', '--host', `unix://${socketPath}`, ...args)).split('\n'))
  return {
    rules: withoutNoise(await print('iptables-save')),
    legacyRules: withoutNoise(await print('iptables-legacy-save')),
    containers: await docker('ps', '-aq'),
    networks: await docker('network', 'ls', '--format', '{{.Name}}'),
    volumes: await docker('volume', 'ls', '-q'),
    images: await docker('images', '-aq'),
    links: await print('ip', '-o', '-br', 'link'),
    addresses: await print('ip', '-o', '-br', 'address'),
    routes: await print('ip', 'route', 'show', 'table', 'all'),
    routingRules: await print('ip', 'rule'),
    // The namespaces of lab hosts come and go with other tests.
    namespaces: sorted((await print('ip', 'netns')).split('\n').filter((name) => !name.startsWith('tandem-'))),
    mounts: sorted(mountPoints().filter((path) => directories.some((own) => path.startsWith(`${own}/`)))),
    cgroups: await print('find', '/sys/fs/cgroup', '-path', `*${cgroup}*`, '-type', 'd'),
    sysctls: await print('sysctl', ...Object.keys(neededSysctls)),
    processes: sorted(processes()),
  }
}

/** Counters, comments with the time, and tables that hold nothing but their built-in chains say nothing about anybody. */
const withoutNoise = (rules: string): string =>
  rules
    .split('\n')
    .filter((line) => /^(-A|:)/.test(line) && !/^:(INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) ACCEPT/.test(line))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n')

const mountPoints = (): string[] =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')

/** The command lines of all processes of this host, which is a network namespace on a machine that has others. */
function processes(): string[] {
  const namespace = readlinkSync('/proc/self/ns/net')
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/net`) !== namespace) return []
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      } catch {
        // It ended between the two looks.
        return []
      }
    })
}

const sorted = (lines: readonly string[]): string => lines.toSorted().join('\n')

import { existsSync } from 'node:fs'
import { engineAnswers, engineSocket } from './host/engine.ts'
import { hasProgram } from './host/programs.ts'

export interface Finding {
  what: string
  ok: boolean
  /** How to get what is missing; empty when all is well. */
  remedy: string
}

const programs: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  iptables: 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  busybox: 'busybox-static',
}

const cniDirectories = ['/opt/cni/bin', '/usr/lib/cni']

/** What a node needs of its host, and whether it is there. */
export async function checkHost(): Promise<Finding[]> {
  const root = process.getuid?.() === 0
  const present = await Promise.all(Object.keys(programs).map(hasProgram))
  const engine = await engineAnswers(engineSocket())
  const cni = cniDirectories.some((directory) => existsSync(`${directory}/bridge`))
  return [
    finding('root privileges', root, 'run with sudo'),
    ...Object.entries(programs).map(([program, packageName], index) =>
      finding(program, present[index] === true, `apt-get install ${packageName}`),
    ),
    finding('CNI plugins', cni, 'apt-get install containernetworking-plugins'),
    finding('Docker engine answers', engine, 'tandem up starts one; or: systemctl start docker'),
    finding('bridge netfilter', existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'), 'modprobe br_netfilter'),
  ]
}

const finding = (what: string, ok: boolean, remedy: string): Finding => ({ what, ok, remedy: ok ? '' : remedy })

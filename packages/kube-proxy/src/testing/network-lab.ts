import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { inNetworkNamespace, type RunCommand, runCommand } from '@tandem/netfilter'
import type { Question } from './ask.ts'

/** A host with pods and a neighbour, each a network namespace. Needs root; leaves nothing behind after `close`. */
export interface NetworkLab {
  /** Runs programs on the host. */
  readonly onHost: RunCommand
  readonly hostAddress: string
  /** Adds a bridge to the host, as a cluster's pod network has one. */
  addBridge(bridge: { name: string; address: string }): Promise<void>
  /** Adds a pod behind a bridge, with an echo server that answers with the pod's name on the port. */
  addPod(pod: { name: string; bridge: string; address: string; gateway: string; port: number }): Promise<void>
  /** Starts an echo server on the host itself. */
  serveOnHost(server: { name: string; port: number }): Promise<void>
  /** Asks from the host, from the neighbour `outside`, or from a pod by its name. Answers are `server client-address`, or how it failed. */
  ask(from: string, question: Question): Promise<string[]>
  close(): Promise<void>
}

const program = (name: string): string => join(import.meta.dirname, `${name}.ts`)

export async function createNetworkLab(id: string): Promise<NetworkLab> {
  const namespaces = new Set<string>()
  const children: ChildProcess[] = []
  const hostAddress = '192.168.77.1'
  const nameOf = (namespace: string): string => `${id}-${namespace}`
  const runIn = (namespace: string): RunCommand => inNetworkNamespace(`/run/netns/${nameOf(namespace)}`)
  const ip = (namespace: string, ...lines: string[]): Promise<string> =>
    runIn(namespace)('ip', ['-batch', '-'], { input: lines.join('\n') })

  async function addNamespace(namespace: string): Promise<void> {
    await runCommand('ip', ['netns', 'add', nameOf(namespace)])
    namespaces.add(namespace)
    await ip(namespace, 'link set lo up')
  }

  async function serve(namespace: string, { name, port }: { name: string; port: number }): Promise<void> {
    const args = [`--net=/run/netns/${nameOf(namespace)}`, process.execPath, program('echo-server'), name, String(port)]
    const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    await new Promise((resolve, reject) =>
      child.once('error', reject).once('exit', reject).stdout?.once('data', resolve),
    )
  }

  await addNamespace('host')
  await addNamespace('outside')
  await ip(
    'host',
    `link add out0 type veth peer name eth0 netns ${nameOf('outside')}`,
    `addr add ${hostAddress}/24 dev out0`,
    'link set out0 up',
  )
  await ip('outside', 'addr add 192.168.77.2/24 dev eth0', 'link set eth0 up', `route add default via ${hostAddress}`)
  const settings = ['ipv4/ip_forward', 'ipv4/conf/all/route_localnet', 'bridge/bridge-nf-call-iptables']
  await runIn('host')('sh', ['-c', settings.map((setting) => `echo 1 > /proc/sys/net/${setting}`).join(' && ')])

  return {
    onHost: runIn('host'),
    hostAddress,

    addBridge: async ({ name, address }) => {
      await ip('host', `link add ${name} type bridge`, `addr add ${address} dev ${name}`, `link set ${name} up`)
      // As the kubelet sets it.
      await runIn('host')('sysctl', ['-qw', `net.ipv4.conf.${name}.rp_filter=1`])
    },

    async addPod({ name, bridge, address, gateway, port }) {
      await addNamespace(name)
      await ip(
        'host',
        `link add v-${name} type veth peer name eth0 netns ${nameOf(name)}`,
        `link set v-${name} master ${bridge} up`,
      )
      await runIn('host')('bridge', ['link', 'set', 'dev', `v-${name}`, 'hairpin', 'on'])
      await ip(name, `addr add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via ${gateway}`)
      await serve(name, { name, port })
    },

    serveOnHost: (server) => serve('host', server),

    ask: async (from, question) =>
      JSON.parse(await runIn(from)(process.execPath, [program('ask'), JSON.stringify(question)])) as string[],

    async close() {
      await Promise.all(
        children.map(
          (child) =>
            new Promise((resolve) =>
              child.exitCode === null ? child.once('exit', resolve) && child.kill('SIGKILL') : resolve(null),
            ),
        ),
      )
      for (const namespace of namespaces) await runCommand('ip', ['netns', 'del', nameOf(namespace)])
    },
  }
}

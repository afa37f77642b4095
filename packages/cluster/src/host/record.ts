import { join } from 'node:path'
import { readFileIfThere, writeFileAtomically } from '../files.ts'
import type { EngineStart } from './engine.ts'

/** The kernel settings that clusters need, and the values they need. */
export const neededSysctls: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  // NodePorts answer at 127.0.0.1 too.
  'net.ipv4.conf.all.route_localnet': '1',
  // A refusal must reach the pod: the kernel would send a redirect along a bridge's own routes first, and keep the refusal back.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
}

/** Where the values from before are kept, for `down --purge` to put back. */
export const sysctlRecord = (root: string): string => join(root, 'sysctls.json')

export const engineDirectory = (root: string): string => join(root, 'engine')
const enginePath = (root: string): string => join(engineDirectory(root), 'start.json')

/** Remembers an engine that `up` started, so that a purge stops it; one that was found running is not ours to stop. */
export function recordEngine(root: string, start: EngineStart): void {
  const recorded = readEngineRecord(root)
  if (start.by === 'found' && recorded) return
  // What the service found when it was started the first time is what a purge puts back.
  if (start.by === 'systemd' && recorded?.by === 'systemd') return
  writeFileAtomically(enginePath(root), JSON.stringify(start))
}

export function readEngineRecord(root: string): EngineStart | undefined {
  const content = readFileIfThere(enginePath(root))
  return content === undefined ? undefined : (JSON.parse(content) as EngineStart)
}

import { CommandError, type RunCommand, runCommand } from './command.ts'

/** One flow as the kernel tracks it: where the client meant to go, and who answers. */
export interface Flow {
  protocol: string
  originalSource: string
  originalDestination: string
  originalDestinationPort: number
  replySource: string
  replySourcePort: number
}

export interface Conntrack {
  list(protocol: 'udp' | 'sctp'): Promise<Flow[]>
  delete(flow: Flow): Promise<void>
}

/** Reads lines such as `udp 17 29 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=… mark=0 use=1`. */
export function parseFlows(output: string): Flow[] {
  const flows: Flow[] = []
  for (const line of output.split('\n')) {
    const protocol = /^(?:ipv[46]\s+\d+\s+)?(\w+)/.exec(line)?.[1]
    const values = (key: string): string[] =>
      [...line.matchAll(new RegExp(`(?:^| )${key}=(\\S+)`, 'g'))].map((match) => match[1] ?? '')
    const [originalSource, replySource] = values('src')
    const [originalDestination] = values('dst')
    const [, replySourcePort] = values('sport')
    const [originalDestinationPort] = values('dport')
    if (!protocol || !originalSource || !originalDestination || !replySource) continue
    flows.push({
      protocol,
      originalSource,
      originalDestination,
      originalDestinationPort: Number(originalDestinationPort),
      replySource,
      replySourcePort: Number(replySourcePort),
    })
  }
  return flows
}

export const openConntrack = (run: RunCommand = runCommand): Conntrack => ({
  list: async (protocol) => parseFlows(await run('conntrack', ['-L', '-p', protocol])),

  async delete(flow) {
    const args = ['-D', '-p', flow.protocol, '--orig-src', flow.originalSource, '--orig-dst', flow.originalDestination]
    args.push('--orig-port-dst', String(flow.originalDestinationPort))
    args.push('--reply-src', flow.replySource, '--reply-port-src', String(flow.replySourcePort))
    try {
      await run('conntrack', args)
    } catch (error) {
      // It ended by itself meanwhile: conntrack exits with 1 after deleting nothing.
      if (error instanceof CommandError && /0 flow entries have been deleted/.test(error.stderr)) return
      throw error
    }
  },
})

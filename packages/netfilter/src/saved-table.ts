import type { Chains } from './rule-set.ts'

/** One table as `iptables-save -t <table>` prints it: chains of everybody, in order. Counters and policies are left out. */
export function parseSavedTable(text: string): Chains {
  const chains = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    if (line.startsWith(':')) chains.set(line.slice(1, line.indexOf(' ')), [])
    else if (line.startsWith('-A ')) {
      const space = line.indexOf(' ', 3)
      const chain = space < 0 ? line.slice(3) : line.slice(3, space)
      chains.get(chain)?.push(space < 0 ? '' : line.slice(space + 1))
    }
  }
  return chains
}

/** The chain or target a rule hands the packet to. */
export const targetOf = (rule: string): string | undefined =>
  /(?:^| )-[jg] (\S+)/.exec(rule.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1]

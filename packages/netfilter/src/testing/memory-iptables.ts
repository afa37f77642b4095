import type { Iptables, IptablesFeatures } from '../iptables.ts'
import type { TableName } from '../rule-set.ts'

export interface MemoryIptables extends Iptables {
  /** Inputs given to `restore`, in order. */
  readonly inputs: string[]
  /** Rules of a chain, or undefined when it does not exist. */
  rules(table: TableName, chain: string): readonly string[] | undefined
  chains(table: TableName): string[]
  /** What `iptables -F` and `-X` by somebody else leave. */
  flush(): void
}

const builtIn: Record<TableName, readonly string[]> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
}

/** Tables that behave as the kernel's do towards `iptables-restore --noflush`, in memory and without root. */
export function createMemoryIptables(
  features: IptablesFeatures = { variant: 'nf_tables', version: '1.8.9', randomFully: true },
): MemoryIptables {
  const empty = () =>
    Object.fromEntries(
      Object.entries(builtIn).map(([table, chains]) => [
        table,
        new Map(chains.map((chain) => [chain, [] as string[]])),
      ]),
    )
  let tables: Record<string, Map<string, string[]>> = empty()
  const inputs: string[] = []

  const apply = (text: string): void => {
    const next = structuredClone(tables)
    let chains = new Map<string, string[]>()
    for (const line of text.trimEnd().split('\n')) {
      const [word = '', name = '', ...rest] = line.split(' ')
      const rules = chains.get(name)
      if (word.startsWith('*')) chains = next[word.slice(1)] ?? chains
      else if (word.startsWith(':')) chains.set(word.slice(1), [])
      else if (word === 'COMMIT') continue
      else if (!rules) throw new Error(`iptables-restore: no chain: ${line}`)
      else if (word === '-A') rules.push(rest.join(' '))
      else if (word === '-I') rules.unshift(rest.slice(1).join(' '))
      else if (word === '-X') chains.delete(name)
      else if (word === '-D') {
        const index = rules.indexOf(rest.join(' '))
        if (index < 0) throw new Error(`iptables-restore: no such rule: ${line}`)
        rules.splice(index, 1)
      } else throw new Error(`iptables-restore: cannot read: ${line}`)
    }
    tables = next
  }

  return {
    features,
    inputs,
    async restore(input) {
      inputs.push(input)
      apply(input)
    },
    async save(table) {
      const chains = [...(tables[table] ?? [])]
      const declarations = chains.map(([chain]) => `:${chain} ${builtIn[table].includes(chain) ? 'ACCEPT' : '-'} [0:0]`)
      const rules = chains.flatMap(([chain, lines]) => lines.map((line) => `-A ${chain} ${line}`))
      return [`*${table}`, ...declarations, ...rules, 'COMMIT', ''].join('\n')
    },
    hasChain: async (table, chain) => tables[table]?.has(chain) ?? false,
    rules: (table, chain) => tables[table]?.get(chain),
    chains: (table) => [...(tables[table]?.keys() ?? [])],
    flush() {
      tables = empty()
    },
  }
}

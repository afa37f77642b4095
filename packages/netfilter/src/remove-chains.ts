import type { Iptables } from './iptables.ts'
import { isEmptyChange, type TableChange, tableInput, tableNames } from './rule-set.ts'
import { parseSavedTable, targetOf } from './saved-table.ts'

/** Removes chains and every rule, wherever it is, that leads to one of them. What others own stays. Safe to call again. */
export async function removeChains(
  iptables: Iptables,
  isOwned: (chain: string) => boolean,
): Promise<{ removedChains: number }> {
  let removedChains = 0
  for (const table of tableNames) {
    const saved = parseSavedTable(await iptables.save(table))
    const remove = [...saved.keys()].filter(isOwned)
    const deleteRules: TableChange['deleteRules'][number][] = []
    for (const [from, rules] of saved) {
      if (isOwned(from)) continue
      for (const rule of rules) if (isOwned(targetOf(rule) ?? '')) deleteRules.push({ from, rule })
    }
    const change: TableChange = { set: new Map(), remove, deleteRules, insertRules: [] }
    if (!isEmptyChange(change)) await iptables.restore(tableInput(table, change))
    removedChains += remove.length
  }
  return { removedChains }
}

/** Every chain of a cluster: `<prefix>-…`. */
export const removeChainsWithPrefix = (iptables: Iptables, prefix: string): Promise<{ removedChains: number }> =>
  removeChains(iptables, (chain) => chain.startsWith(`${prefix}-`))

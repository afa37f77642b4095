import type { Iptables } from './iptables.ts'
import {
  type Chains,
  changedChains,
  isEmptyChange,
  type Jump,
  type RuleSet,
  sameRules,
  type TableChange,
  type TableName,
  tableInput,
  tableNames,
} from './rule-set.ts'
import { parseSavedTable, targetOf } from './saved-table.ts'

/** Keeps one owner's chains in the kernel equal to what it wants, writing only what changed, each table in one transaction. */
export interface RuleSetWriter {
  /** Calls must not overlap. After a failure the next call reads the kernel again and writes all that differs. */
  apply(wanted: RuleSet): Promise<AppliedChange>
  /** Makes the next `apply` compare with the kernel instead of with what was written last. */
  forget(): void
  /** Whether the owner's canary chains are still there: false tells that someone flushed the tables. */
  intact(): Promise<boolean>
}

export interface AppliedChange {
  /** Whether the kernel was read, rather than the last write trusted. */
  full: boolean
  changedChains: number
  removedChains: number
  /** By table. */
  writtenRules: Record<string, number>
}

export interface RuleSetOwner {
  /** Chains that are the owner's, by table and name; all others are left alone. */
  owns(chain: string, table: TableName): boolean
  /** Kept at the heads of chains of others, in this order. Rules there that lead to owned chains and are not listed are removed. */
  jumps: readonly Jump[]
  /** An empty chain kept in each table that is used. */
  canary: string
}

export function createRuleSetWriter(iptables: Iptables, owner: RuleSetOwner): RuleSetWriter {
  let inForce: RuleSet | undefined

  const withCanary = (chains: Chains | undefined): Chains => new Map([...(chains ?? []), [owner.canary, []]])

  async function changeFromKernel(table: TableName, wanted: Chains): Promise<TableChange> {
    const saved = parseSavedTable(await iptables.save(table))
    const owned = new Map([...saved].filter(([chain]) => owner.owns(chain, table) || chain === owner.canary))
    return { ...changedChains(owned, wanted), ...changedJumps(saved, owner, table) }
  }

  return {
    async apply(wanted) {
      const full = inForce === undefined
      const changes: { table: TableName; chains: Chains; change: TableChange }[] = []
      for (const table of tableNames) {
        const chains = withCanary(wanted[table])
        const change = full
          ? await changeFromKernel(table, chains)
          : { ...changedChains(inForce?.[table], chains), deleteRules: [], insertRules: [] }
        changes.push({ table, chains, change })
      }
      const input = changes
        .filter(({ change }) => !isEmptyChange(change))
        .map(({ table, change }) => tableInput(table, change))
        .join('')
      if (input !== '') {
        inForce = undefined
        await iptables.restore(input)
      }
      inForce = Object.fromEntries(changes.map(({ table, chains }) => [table, chains]))
      return summary(full, changes)
    },

    forget() {
      inForce = undefined
    },

    async intact() {
      for (const table of tableNames) if (!(await iptables.hasChain(table, owner.canary))) return false
      return true
    },
  }
}

/** Jumps that are reached in the right order stay untouched; otherwise all the owner's are taken out and put in front again. */
export function changedJumps(
  saved: Chains,
  owner: RuleSetOwner,
  table: TableName,
): Pick<TableChange, 'deleteRules' | 'insertRules'> {
  const deleteRules: { from: string; rule: string }[] = []
  const insertRules: { from: string; rule: string }[] = []
  const jumps = owner.jumps.filter((jump) => jump.table === table)
  const froms = new Set([...saved.keys()].filter((chain) => !owner.owns(chain, table)))
  for (const jump of jumps) froms.add(jump.from)
  for (const from of froms) {
    const wanted = jumps.filter((jump) => jump.from === from).map((jump) => jump.rule)
    const rules = saved.get(from) ?? []
    const present = rules.filter((rule) => owner.owns(targetOf(rule) ?? '', table))
    if (sameRules(present, wanted) && isReached(rules, wanted.at(-1))) continue
    for (const rule of present) deleteRules.push({ from, rule })
    for (const rule of wanted) insertRules.push({ from, rule })
  }
  return { deleteRules, insertRules }
}

const verdicts = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'QUEUE', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT'])

/**
 * Whether no rule ahead of this one can decide by itself. Jumps of others may stand ahead: another cluster's, or those that Docker puts
 * in front whenever it starts, and which return what is not theirs; pushing ahead of them would never end.
 */
const isReached = (rules: readonly string[], last: string | undefined): boolean =>
  last === undefined || !rules.slice(0, rules.indexOf(last)).some((rule) => verdicts.has(targetOf(rule) ?? ''))

const summary = (full: boolean, changes: readonly { table: TableName; change: TableChange }[]): AppliedChange => ({
  full,
  changedChains: changes.reduce((sum, { change }) => sum + change.set.size, 0),
  removedChains: changes.reduce((sum, { change }) => sum + change.remove.length, 0),
  writtenRules: Object.fromEntries(
    changes.map(({ table, change }) => [table, [...change.set.values()].reduce((sum, rules) => sum + rules.length, 0)]),
  ),
})

export type TableName = 'filter' | 'nat' | 'mangle'

export const tableNames: readonly TableName[] = ['filter', 'nat', 'mangle']

/** Chains by name, each with its rules in order, without the leading `-A <chain>`. */
export type Chains = ReadonlyMap<string, readonly string[]>

/** Everything one owner has in the kernel. Tables it does not use are absent. */
export type RuleSet = Partial<Record<TableName, Chains>>

/** A rule at the head of a chain that is not the owner's (FORWARD, PREROUTING…), which leads into the owner's chains. */
export interface Jump {
  table: TableName
  from: string
  rule: string
}

/** What `iptables-restore --noflush` must be told about one table. */
export interface TableChange {
  /** New contents of chains, new ones included. */
  set: Chains
  /** Chains to remove. Nothing outside the change may refer to them. */
  remove: readonly string[]
  /** Rules to take out of chains of others. */
  deleteRules: readonly { from: string; rule: string }[]
  /** Rules to put at the head of chains of others; the first one ends up first. */
  insertRules: readonly { from: string; rule: string }[]
}

export const sameRules = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a === b || (a !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index]))

/** The chains that differ. Unchanged chains cost one comparison when both sets hold the same array of rules. */
export function changedChains(
  inForce: Chains | undefined,
  wanted: Chains | undefined,
): Pick<TableChange, 'set' | 'remove'> {
  const set = new Map<string, readonly string[]>()
  for (const [chain, rules] of wanted ?? []) if (!sameRules(inForce?.get(chain), rules)) set.set(chain, rules)
  const remove: string[] = []
  for (const chain of inForce?.keys() ?? []) if (!wanted?.has(chain)) remove.push(chain)
  return { set, remove }
}

export const isEmptyChange = ({ set, remove, deleteRules, insertRules }: TableChange): boolean =>
  set.size === 0 && remove.length === 0 && deleteRules.length === 0 && insertRules.length === 0

/** One table's part of the input of `iptables-restore --noflush`: a chain that is declared there is emptied first. */
export function tableInput(table: TableName, { set, remove, deleteRules, insertRules }: TableChange): string {
  const lines = [`*${table}`]
  for (const chain of set.keys()) lines.push(`:${chain} - [0:0]`)
  for (const chain of remove) lines.push(`:${chain} - [0:0]`)
  for (const [chain, rules] of set) for (const rule of rules) lines.push(`-A ${chain} ${rule}`)
  for (const { from, rule } of deleteRules) lines.push(`-D ${from} ${rule}`)
  for (const { from, rule } of insertRules.toReversed()) lines.push(`-I ${from} 1 ${rule}`)
  for (const chain of remove) lines.push(`-X ${chain}`)
  lines.push('COMMIT')
  return `${lines.join('\n')}\n`
}

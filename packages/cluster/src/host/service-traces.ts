import { openIptables, parseSavedTable, removeChains, runCommand, tableInput, tableNames } from '@tandem/netfilter'

/** What tells Docker's own bridges and policy from those that were there before its service was started. */
export interface HostBeforeService {
  links: string[]
  forwardPolicy: string
}

export async function hostBeforeService(): Promise<HostBeforeService> {
  return { links: await linkNames(), forwardPolicy: await forwardPolicy() }
}

/**
 * Docker's service, unlike an engine that we start ourselves, makes bridges and rules for networks of its own, and leaves them when it is
 * stopped. Takes away those that came with it.
 */
export async function removeServiceTraces(before: HostBeforeService): Promise<void> {
  const isBridge = (name: string): boolean => /^(docker0|br-[0-9a-f]{12})$/.test(name)
  const bridges = (await linkNames()).filter((name) => isBridge(name) && !before.links.includes(name))
  if (!before.links.some(isBridge)) await removeRules(bridges)
  for (const bridge of bridges) await runCommand('ip', ['link', 'delete', bridge])
  if ((await forwardPolicy()) !== before.forwardPolicy)
    await runCommand('iptables', ['-w', '5', '-P', 'FORWARD', before.forwardPolicy])
}

async function removeRules(bridges: readonly string[]): Promise<void> {
  const iptables = await openIptables()
  await removeChains(iptables, (chain) => /^DOCKER(-|$)/.test(chain))
  for (const table of tableNames) {
    const deleteRules = rulesAbout(bridges, await iptables.save(table))
    if (deleteRules.length === 0) continue
    await iptables.restore(tableInput(table, { set: new Map(), remove: [], deleteRules, insertRules: [] }))
  }
}

/** The rules of a saved table that name one of the links. Pure. */
export const rulesAbout = (links: readonly string[], saved: string): { from: string; rule: string }[] =>
  [...parseSavedTable(saved)].flatMap(([from, rules]) =>
    rules
      .filter((rule) => links.some((link) => new RegExp(`(^| )-[io] ${link}( |$)`).test(rule)))
      .map((rule) => ({ from, rule })),
  )

const linkNames = async (): Promise<string[]> =>
  (await runCommand('ip', ['-o', 'link', 'show'])).split('\n').flatMap((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? [])

/** An empty table has the kernel's own policy. */
const forwardPolicy = async (): Promise<string> =>
  /^:FORWARD (\w+)/m.exec(await (await openIptables()).save('filter'))?.[1] ?? 'ACCEPT'

import { type RunCommand, runCommand } from './command.ts'

/** Runs lines of `ip` in one process; the first that fails ends it, and later ones are not run. */
export async function ipBatch(lines: readonly string[], run: RunCommand = runCommand): Promise<void> {
  if (lines.length > 0) await run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
}

export interface HeldAddressesOptions {
  /** Marks routes as this owner's: a routing protocol number from 100 to 255 that nobody else on the host uses. */
  protocol: number
  run?: RunCommand
}

/**
 * Addresses that the host answers to although no interface carries them: local routes to `lo`, which the kernel keeps whether or not the
 * process that made them lives. Each owner sees and touches only routes with its own protocol number.
 */
export interface HeldAddresses {
  list(): Promise<string[]>
  /** Makes the held addresses be exactly these. */
  hold(addresses: Iterable<string>): Promise<{ added: string[]; removed: string[] }>
}

export function openHeldAddresses({ protocol, run = runCommand }: HeldAddressesOptions): HeldAddresses {
  const list = async (): Promise<string[]> => {
    const output = await run('ip', ['-o', 'route', 'show', 'table', 'local', 'proto', String(protocol)])
    return [...output.matchAll(/^local (\S+)/gm)].map((match) => match[1] ?? '')
  }
  const route = (address: string): string => `local ${address} dev lo table local proto ${protocol}`
  return {
    list,
    async hold(addresses) {
      const wanted = new Set(addresses)
      const present = new Set(await list())
      const added = [...wanted.difference(present)]
      const removed = [...present.difference(wanted)]
      await ipBatch(
        [
          ...added.map((address) => `route add ${route(address)}`),
          ...removed.map((address) => `route del ${route(address)}`),
        ],
        run,
      )
      return { added, removed }
    },
  }
}

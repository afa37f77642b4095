import { CommandError, type RunCommand, runCommand } from './command.ts'
import type { TableName } from './rule-set.ts'

/** The kernel's tables, as far as owners of chains need them. */
export interface Iptables {
  /** Applies input for `iptables-restore --noflush`: each table whole or not at all. */
  restore(input: string): Promise<void>
  /** The table in `iptables-save` form. */
  save(table: TableName): Promise<string>
  hasChain(table: TableName, chain: string): Promise<boolean>
  readonly features: IptablesFeatures
}

export interface IptablesFeatures {
  variant: 'nf_tables' | 'legacy'
  version: string
  /** MASQUERADE takes `--random-fully` since 1.6.2. */
  randomFully: boolean
}

/** Reads `iptables v1.8.9 (nf_tables)`; releases before 1.8 name no variant and are legacy. */
export function parseVersion(output: string): IptablesFeatures {
  const found = /v(\d+)\.(\d+)\.(\d+)(?:\s+\((\w+)\))?/.exec(output)
  if (!found) throw new TypeError(`not a version of iptables: ${output.trim()}`)
  const [, major, minor, patch, variant] = found
  const number = Number(major) * 10_000 + Number(minor) * 100 + Number(patch)
  return {
    variant: variant === 'nf_tables' ? 'nf_tables' : 'legacy',
    version: `${major}.${minor}.${patch}`,
    randomFully: number >= 10_602,
  }
}

/**
 * The iptables of this host. Where both variants are installed, the plain name is the one the host's administrator chose, and the one
 * Docker uses; rules split over both variants would not see each other's verdicts.
 */
export async function openIptables({
  run = runCommand,
  waitSeconds = 5,
}: {
  run?: RunCommand
  waitSeconds?: number
} = {}): Promise<Iptables> {
  const features = parseVersion(await run('iptables', ['--version']))
  const wait = ['-w', String(waitSeconds)]
  return {
    features,
    async restore(input) {
      await run('iptables-restore', [...wait, '--noflush'], { input })
    },
    save: (table) => run('iptables-save', ['-t', table]),
    async hasChain(table, chain) {
      try {
        await run('iptables', [...wait, '-t', table, '-S', chain, '1'])
        return true
      } catch (error) {
        if (error instanceof CommandError && error.exitCode === 1) return false
        throw error
      }
    },
  }
}

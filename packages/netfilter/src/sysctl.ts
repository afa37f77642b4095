import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Kernel settings by dotted name, with values as the kernel prints them. */
export type Sysctls = Readonly<Record<string, string>>

export interface SysctlOptions {
  /** Where values from before the first change are kept, for `restoreSysctls`. */
  record: string
  /** `/proc/sys` unless a test says otherwise. */
  root?: string
}

const pathOf = (name: string, root: string): string => join(root, ...name.split('.'))

export async function readSysctl(name: string, root = '/proc/sys'): Promise<string | undefined> {
  try {
    return (await readFile(pathOf(name, root), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Sets what differs, after recording what was there. Settings the kernel does not have (`bridge-nf-call-iptables` without br_netfilter)
 * are returned as missing. A value already right is neither written nor recorded: restoring undoes only what was done.
 */
export async function setSysctls(
  wanted: Sysctls,
  { record, root = '/proc/sys' }: SysctlOptions,
): Promise<{ changed: string[]; missing: string[] }> {
  const before = await readRecord(record)
  const changed: string[] = []
  const missing: string[] = []
  for (const [name, value] of Object.entries(wanted)) {
    const present = await readSysctl(name, root)
    if (present === undefined) missing.push(name)
    else if (present !== value) {
      before[name] ??= present
      changed.push(name)
    }
  }
  if (changed.length > 0) await writeRecord(record, before)
  for (const name of changed) await writeFile(pathOf(name, root), wanted[name] ?? '')
  return { changed, missing }
}

/** Puts back every recorded value and forgets the record. */
export async function restoreSysctls({ record, root = '/proc/sys' }: SysctlOptions): Promise<string[]> {
  const before = await readRecord(record)
  const restored: string[] = []
  for (const [name, value] of Object.entries(before)) {
    if (!existsSync(pathOf(name, root))) continue
    await writeFile(pathOf(name, root), value)
    restored.push(name)
  }
  await rm(record, { force: true })
  return restored
}

async function readRecord(path: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, string>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

async function writeRecord(path: string, values: Sysctls): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, `${JSON.stringify(values, null, 2)}\n`)
  await rename(`${path}.new`, path)
}

import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type NetworkConfigList, pluginInput, type RuntimeConfig } from './cni-config.ts'

export interface CniAttachment {
  list: NetworkConfigList
  containerId: string
  /** Absent on DEL when the namespace is gone: the plugins then give back what they hold outside it. */
  namespace?: string
  interfaceName: string
  runtimeConfig: RuntimeConfig
  args: Readonly<Record<string, string>>
}

/** The part of a CNI result that is read here. */
export interface CniResult {
  ips?: { address: string; gateway?: string }[]
}

/** A plugin answered with an error, or could not be run. */
export class CniError extends Error {
  readonly code = 'CNI'
}

/** Runs every plugin of the list in order, each with the result of the one before. */
export async function cniAdd(attachment: CniAttachment, directories: readonly string[]): Promise<CniResult> {
  let result: unknown
  for (const plugin of attachment.list.plugins) {
    const input = pluginInput({ ...attachment, plugin, previous: result })
    const output = await invoke({ command: 'ADD', type: plugin.type, input, attachment, directories })
    result = output === '' ? result : JSON.parse(output)
  }
  return (result ?? {}) as CniResult
}

/** Runs every plugin in reverse order. Deleting what is not there is no error. */
export async function cniDelete(
  attachment: CniAttachment,
  directories: readonly string[],
  previous: CniResult | undefined,
): Promise<void> {
  for (const plugin of attachment.list.plugins.toReversed()) {
    const input = pluginInput({ ...attachment, plugin, previous })
    await invoke({ command: 'DEL', type: plugin.type, input, attachment, directories })
  }
}

interface Invocation {
  command: 'ADD' | 'DEL'
  type: string
  input: object
  attachment: CniAttachment
  directories: readonly string[]
}

async function invoke({ command, type, input, attachment, directories }: Invocation): Promise<string> {
  const binary = await findPlugin(type, directories)
  const environment = {
    PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    CNI_COMMAND: command,
    CNI_CONTAINERID: attachment.containerId,
    CNI_NETNS: attachment.namespace ?? '',
    CNI_IFNAME: attachment.interfaceName,
    CNI_PATH: directories.join(':'),
    CNI_ARGS: Object.entries(attachment.args)
      .map(([name, value]) => `${name}=${value}`)
      .join(';'),
  }
  return new Promise((resolve, reject) => {
    const child = spawn(binary, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
    })
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk
    })
    child.once('error', (error) => reject(new CniError(`plugin type="${type}": ${error.message}`, { cause: error })))
    child.once('close', (code) => {
      if (code === 0) return resolve(output.trim())
      reject(
        new CniError(
          `plugin type="${type}" failed (${command.toLowerCase()}): ${errorMessage(output) ?? complaint.trim()}`,
        ),
      )
    })
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(input))
  })
}

const found = new Map<string, string>()

async function findPlugin(type: string, directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    const path = join(directory, type)
    if (found.has(path)) return path
    try {
      await access(path)
      found.set(path, path)
      return path
    } catch {
      // The next directory may have it.
    }
  }
  throw new CniError(`failed to find plugin "${type}" in path [${directories.join(' ')}]`)
}

function errorMessage(output: string): string | undefined {
  try {
    const { msg, details } = JSON.parse(output) as { msg?: string; details?: string }
    return details ? `${msg}: ${details}` : msg
  } catch {
    return undefined
  }
}

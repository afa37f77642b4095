import { open } from 'node:fs/promises'
import type { ContainerRuntime, ContainerState, PodState } from '../container-runtime/runtime.ts'

const messageLimit = 4096
const logLimit = 2048
const logLines = 80

/** Messages of containers that ended, by ID: they no longer change. */
const known = new Map<string, string>()
const remembered = 4096

/** Adds to each container that ended what it left as its last words. */
export async function withTerminationMessages(state: PodState, runtime: ContainerRuntime): Promise<PodState> {
  const containers = await Promise.all(
    state.containers.map(async (container) => {
      if (container.state !== 'exited' || container.message) return container
      const message = known.get(container.id) ?? (await remember(container, runtime))
      return message === '' ? container : { ...container, message }
    }),
  )
  return { ...state, containers }
}

async function remember(container: ContainerState, runtime: ContainerRuntime): Promise<string> {
  const message = await terminationMessage(container, runtime).catch(() => '')
  if (known.size >= remembered) known.clear()
  known.set(container.id, message)
  return message
}

async function terminationMessage(container: ContainerState, runtime: ContainerRuntime): Promise<string> {
  const written = container.terminationMessageFile ? await readStart(container.terminationMessageFile) : ''
  if (written !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || container.exitCode === 0)
    return written
  const { readable } = await runtime.logs(container.id, { follow: false, timestamps: false, tailLines: logLines })
  let tail = ''
  for await (const chunk of readable) tail = (tail + chunk).slice(-logLimit)
  return tail
}

async function readStart(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined)
  if (!file) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(messageLimit), 0, messageLimit, 0)
    return buffer.subarray(0, bytesRead).toString()
  } finally {
    await file.close()
  }
}

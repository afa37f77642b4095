import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { RegisterRequest } from './messages.ts'

export interface RegistrationServer {
  close(): void
}

/** Throws where a plugin may not register. */
export type Register = (request: RegisterRequest) => void

const socketName = 'kubelet.sock'

/**
 * Where device plugins come to register. Their own sockets are removed first, by which they learn that there is a new kubelet to
 * register with. Few nodes have one: gRPC is loaded when the first comes.
 */
export async function serveRegistration(
  directory: string,
  { keep, register }: { keep: string; register: Register },
): Promise<RegistrationServer> {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  for (const name of readdirSync(directory)) if (name !== keep) rmSync(join(directory, name), { recursive: true })
  let grpc: Promise<(socket: Socket) => void> | undefined
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    grpc ??= import('./registration-service.ts').then(({ registrationService }) => registrationService(register))
    void grpc.then((inject) => inject(socket))
  })
  const path = join(directory, socketName)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

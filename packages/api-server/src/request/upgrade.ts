import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Upgrade } from './context.ts'

const upgrades = new WeakMap<object, Upgrade>()

export const upgradeOf = (request: IncomingMessage): Upgrade | undefined => upgrades.get(request)

/**
 * Sends upgrade requests through the same hooks and handlers as all others: an answer that is no upgrade (a refusal) goes out as an
 * ordinary response and ends the connection.
 */
export function routeUpgrades(app: FastifyInstance): void {
  const server = app.server as unknown as Server
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgrades.set(request, { socket, head })
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    app.routing(request, response)
  })
}

/** Gives the socket back to whoever takes the connection over: nothing more is written as HTTP by us. */
export function takeSocket(request: IncomingMessage, response: ServerResponse): Upgrade | undefined {
  const upgrade = upgrades.get(request)
  if (upgrade) response.detachSocket(upgrade.socket)
  return upgrade
}

import type { FastifyReply } from 'fastify'
import { sendText } from './respond.ts'

/** Plain text, as upstream refuses what it has no room for: making a Status would be work. */
export function sendTooManyRequests(reply: FastifyReply, retryAfterSeconds: number): void {
  reply.header('retry-after', String(retryAfterSeconds))
  sendText(reply, 429, 'Too many requests, please try again later.\n')
}

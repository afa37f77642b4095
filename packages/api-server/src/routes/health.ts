import { answerHealth, type HealthChecks } from '@tandem/component-base/health/health'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendPageNotFound, sendText } from '../request/respond.ts'

/** `/livez`, `/readyz` and `/healthz`, with what is below them. */
export const healthHandler =
  (checks: HealthChecks) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const answer = await answerHealth(new URL(request.raw.url ?? '/', 'https://localhost'), checks)
    if (answer) sendText(reply, answer.code, answer.text)
    else sendPageNotFound(reply)
  }

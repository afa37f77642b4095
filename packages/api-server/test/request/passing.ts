import { EventEmitter } from 'node:events'
import type { FakeClock } from '@tandem/component-base/testing/fake-clock'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { UserInfo } from '../../src/authentication/user.ts'
import { type Hook, RequestContext } from '../../src/request/context.ts'

/** Sends requests into hooks as the server does, without a server; what comes back tells how each fared. */
export const passing =
  (clock: FakeClock, ...hooks: Hook[]) =>
  (method: string, url: string, user: Partial<UserInfo> = {}) => {
    const kube = new RequestContext({ method, url, upgrade: undefined, now: clock.now() })
    kube.user = { username: 'ann', uid: '', groups: ['system:authenticated'], extra: {}, ...user }
    const raw = new EventEmitter()
    const headers: Record<string, string> = {}
    const answers: { code: number; body: string }[] = []
    let code = 200
    const reply = {
      raw,
      sent: false,
      code: (status: number) => {
        code = status
        return reply
      },
      header: (name: string, value: string) => {
        headers[name] = value
        return reply
      },
      send: (body: Uint8Array | string) => {
        answers.push({ code, body: String(body) })
        raw.emit('close')
      },
      request: { kube },
    }
    const fared: { passed: boolean; refusal: Error | undefined } = { passed: false, refusal: undefined }
    const step = (at: number): void => {
      const hook = hooks[at]
      if (!hook) {
        fared.passed = true
        return
      }
      hook({ kube, headers: {} } as unknown as FastifyRequest, reply as unknown as FastifyReply, (error) => {
        if (error) fared.refusal = error
        else step(at + 1)
      })
    }
    step(0)
    return {
      kube,
      headers,
      answers,
      get passed() {
        return fared.passed
      },
      get refusal() {
        return fared.refusal as { code?: number; message?: string } | undefined
      },
      end: () => raw.emit('close'),
    }
  }

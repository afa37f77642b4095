import type { IncomingMessage } from 'node:http'
import { badRequest, isStatusError, unauthorized } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Authenticator } from '../authentication/authenticator.ts'
import type { UserInfo } from '../authentication/user.ts'
import type { Authorizer } from '../authorization/authorizer.ts'
import { forbiddenBy } from '../authorization/forbidden.ts'
import { type Hook, hasLeft, RequestContext, whenEnded } from './context.ts'
import type { RequestDeadlines } from './deadline.ts'
import { impersonate } from './impersonation.ts'
import type { RequestMetrics } from './metrics.ts'
import { RequestInfoError } from './request-info.ts'
import { upgradeOf } from './upgrade.ts'

export interface HookDependencies {
  clock: Clock
  logger: Logger
  authenticator: Authenticator
  authorizer: Authorizer
  deadlines: RequestDeadlines
  /** Priority and fairness, or a bound on how many requests are in flight. */
  limit: Hook
  metrics: RequestMetrics
}

/** What every request passes before a handler sees it, in this order. */
export const requestHooks = (dependencies: HookDependencies): readonly Hook[] => [
  requestInfoHook(dependencies),
  measureHook(dependencies),
  dependencies.deadlines.hook,
  authenticateHook(dependencies),
  impersonateHook(dependencies),
  dependencies.limit,
  authorizeHook(dependencies),
]

const requestInfoHook =
  ({ clock }: HookDependencies): Hook =>
  (request, _reply, done) => {
    try {
      const upgrade = upgradeOf(request.raw as IncomingMessage)
      request.kube = new RequestContext({
        method: request.method,
        url: request.raw.url ?? '/',
        upgrade,
        now: clock.now(),
      })
      done()
    } catch (error) {
      request.kube = new RequestContext({ method: request.method, url: '/', upgrade: undefined, now: clock.now() })
      done(
        error instanceof RequestInfoError || error instanceof URIError ? badRequest(error.message) : (error as Error),
      )
    }
  }

const measureHook =
  ({ clock, metrics }: HookDependencies): Hook =>
  (request, reply, done) => {
    const started = clock.monotonic()
    const ended = request.kube.longRunning ? metrics.longRunning(request) : undefined
    whenEnded(request, reply, () => {
      ended?.()
      metrics.observe(request, reply, (clock.monotonic() - started) / 1000)
    })
    done()
  }

const authenticateHook =
  ({ authenticator, logger }: HookDependencies): Hook =>
  (request, reply, done) => {
    const settle = (user: UserInfo | undefined): void => {
      // Nobody is there to be answered, and nothing would tell those after us that the request is over.
      if (hasLeft(reply)) return
      if (user) request.kube.user = user
      done(user ? undefined : unauthorized())
    }
    const refuse = (error: unknown): void => {
      logger.debug(
        { path: request.kube.info.path, reason: (error as Error).message },
        'unable to authenticate the request',
      )
      done(isStatusError(error) ? error : unauthorized())
    }
    try {
      const answer = authenticator.authenticate({
        raw: request.raw,
        headers: request.headers,
        path: request.kube.info.path,
      })
      if (answer instanceof Promise) answer.then(settle, refuse)
      else settle(answer)
    } catch (error) {
      refuse(error)
    }
  }

const impersonateHook =
  ({ authorizer }: HookDependencies): Hook =>
  (request, _reply, done) => {
    try {
      const user = impersonate(request.kube.user, request.headers, authorizer)
      if (user) request.kube.user = user
      done()
    } catch (error) {
      done(error as Error)
    }
  }

const authorizeHook =
  ({ authorizer }: HookDependencies): Hook =>
  (request, _reply, done) => {
    const { attributes } = request.kube
    const decision = authorizer.authorize(attributes)
    done(decision.verdict === 'allow' ? undefined : forbiddenBy(attributes, decision.reason))
  }

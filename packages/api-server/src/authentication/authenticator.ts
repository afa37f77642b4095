import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { UserInfo } from './user.ts'

export type RawRequest = IncomingMessage | Http2ServerRequest

/** What an authenticator may look at. */
export interface Credentials {
  readonly raw: RawRequest
  readonly headers: IncomingHttpHeaders
  readonly path: string
}

/**
 * One way to tell who a request is from. Undefined when the request carries no credentials of this kind; throws when it carries some that
 * do not hold. What is known already is answered synchronously: most requests never wait here.
 */
export interface Authenticator {
  readonly name: string
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>
}

/** Credentials were given and are not good. The message is for the log only: the client sees `Unauthorized`. */
export class AuthenticationError extends Error {
  readonly code = 'UNAUTHENTICATED'
}

/** The first that knows the user decides; a failure of one counts only when no other knows the user. */
export class AuthenticatorChain implements Authenticator {
  readonly name = 'union'
  readonly #authenticators: readonly Authenticator[]

  constructor(authenticators: readonly Authenticator[]) {
    this.#authenticators = authenticators
  }

  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined> {
    return this.#from(0, credentials, undefined)
  }

  #from(
    start: number,
    credentials: Credentials,
    failure: unknown,
  ): UserInfo | undefined | Promise<UserInfo | undefined> {
    let failed = failure
    for (let i = start; i < this.#authenticators.length; i++) {
      try {
        const answer = this.#authenticators[i]?.authenticate(credentials)
        if (answer instanceof Promise)
          return answer.then(
            (user) => user ?? this.#from(i + 1, credentials, failed),
            (error) => this.#from(i + 1, credentials, error),
          )
        if (answer) return answer
      } catch (error) {
        failed = error
      }
    }
    if (failed) throw failed
    return undefined
  }
}

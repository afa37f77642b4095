import type { IncomingMessage } from 'node:http'
import type { DelegatedAuth } from './delegated-auth.ts'

/** For a component's own `/metrics`: lets through whom the API server knows by token and allows to read it. */
export const metricsAuthorizer =
  (auth: DelegatedAuth) =>
  async ({ headers, url = '/' }: IncomingMessage): Promise<boolean> => {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    const user = token && (await auth.authenticate(token))
    if (!user) return false
    const path = new URL(url, 'http://localhost').pathname
    const { allowed } = await auth.authorize(user, { nonResourceAttributes: { path, verb: 'get' } })
    return allowed
  }

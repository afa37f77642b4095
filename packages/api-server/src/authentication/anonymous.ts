import type { Authenticator } from './authenticator.ts'
import { anonymous } from './user.ts'

/** What may be read without credentials: health and version. Everything else needs a known user. */
const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/'])

export const anonymousAuthenticator: Authenticator = {
  name: 'anonymous',
  authenticate: ({ path }) => (openPaths.has(path) ? anonymous : undefined),
}

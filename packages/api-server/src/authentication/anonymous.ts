import type { Authenticator, Credentials } from './authenticator.ts'
import { anonymous, type UserInfo } from './user.ts'

/** What may be read without credentials: health and version. Everything else needs a known user. */
const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/'])

/** Who brings no credentials is anonymous, where that is allowed; credentials that do not hold are refused there, too. */
export const orAnonymous = (authenticator: Authenticator): Authenticator => ({
  name: authenticator.name,
  authenticate(credentials) {
    const answer = authenticator.authenticate(credentials)
    return answer instanceof Promise
      ? answer.then((user) => user ?? anonymousFor(credentials))
      : (answer ?? anonymousFor(credentials))
  },
})

const anonymousFor = ({ path }: Credentials): UserInfo | undefined => (openPaths.has(path) ? anonymous : undefined)

import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { secrets } from '@tandem/api/core/v1/secret'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import { isNotFound, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import { type FollowOptions, follow } from '../follow.ts'
import type { Resources } from '../resources.ts'
import { orAnonymous } from './anonymous.ts'
import { type Authenticator, AuthenticatorChain } from './authenticator.ts'
import { bearerTokenAuthenticator } from './bearer-token.ts'
import type { VerificationKey } from './service-account/keys.ts'
import {
  type BoundObjects,
  type LiveObject,
  ServiceAccountTokenAuthenticator,
} from './service-account/token-authenticator.ts'
import { x509Authenticator } from './x509.ts'

export interface AuthenticationOptions {
  issuer: string
  audiences: readonly string[]
  keys: readonly VerificationKey[]
  anonymous: boolean
  now: () => number
}

export interface Authentication {
  authenticator: Authenticator
  tokens: ServiceAccountTokenAuthenticator
  /** Ends what rests on an object when the object goes. */
  start(resources: Resources, options: FollowOptions): Promise<void>
}

/** Client certificates, then service account tokens, then nobody. */
export function createAuthentication(resources: Resources, options: AuthenticationOptions): Authentication {
  const { issuer, audiences, keys, now } = options
  const tokens = new ServiceAccountTokenAuthenticator({
    issuers: [issuer],
    audiences,
    keys,
    now,
    objects: boundObjects(resources),
  })
  const known = new AuthenticatorChain([x509Authenticator({ now }), bearerTokenAuthenticator(tokens, audiences)])
  return {
    authenticator: options.anonymous ? orAnonymous(known) : known,
    tokens,
    async start(resources, options) {
      const forgetDeleted = <T extends KubernetesObject>(definition: ResourceDefinition<T>) =>
        follow(resources.store(definition), { remove: ({ metadata: { uid } }) => tokens.forgetObject(uid) }, options)
      await Promise.all([forgetDeleted(serviceAccounts), forgetDeleted(pods), forgetDeleted(secrets)])
    },
  }
}

function boundObjects(resources: Resources): BoundObjects {
  const live = async <T extends KubernetesObject>(
    definition: ResourceDefinition<T>,
    name: string,
    namespace?: string,
  ): Promise<LiveObject | undefined> => {
    try {
      return (await resources.store(definition).get({ namespace, name })).object().metadata
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  return {
    serviceAccount: (namespace, name) => live(serviceAccounts, name, namespace),
    pod: (namespace, name) => live(pods, name, namespace),
    secret: (namespace, name) => live(secrets, name, namespace),
    node: (name) => live(nodes, name),
  }
}

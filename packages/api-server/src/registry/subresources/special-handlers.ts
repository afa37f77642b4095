import type { Clock } from '@tandem/component-base'
import type { TokenAuthenticator } from '../../authentication/bearer-token.ts'
import type { TokenIssuer } from '../../authentication/service-account/issuer.ts'
import type { Authorization } from '../../authorization/create-authorizer.ts'
import type { SpecialHandlers } from '../../handlers/dispatch.ts'
import { get } from '../../handlers/get.ts'
import { patch } from '../../handlers/patch.ts'
import { update } from '../../handlers/update.ts'
import type { KubeletConnection } from '../../kubelet/connection.ts'
import type { Resources } from '../../resources.ts'

/** What handlers of subresources and reviews stand on, beside what all handlers have. */
export interface SpecialServices {
  resources: Resources
  clock: Clock
  authorization: Authorization
  tokens: TokenAuthenticator
  audiences: readonly string[]
  issuer: TokenIssuer
  kubelet: KubeletConnection
}

export function specialHandlers(_services: SpecialServices): SpecialHandlers {
  return {
    subresources: {
      status: { get, update, patch },
    },
    virtual: {},
  }
}

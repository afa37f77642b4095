import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import { type Client, type ClientConfig, createClient } from '@tandem/client'
import type { Clock } from '@tandem/component-base'

const namespace = 'kube-system'
const expirationSeconds = 3600
/** A new token is asked for when this part of the old one's life is over. */
const renewAfter = 0.8

interface TokenRequestAnswer {
  status?: { token?: string; expirationTimestamp?: string }
}

export interface ServiceAccountClientOptions {
  /** How to reach the API server, and the identity that may ask for others' tokens. */
  config: ClientConfig
  client: Client
  clock: Clock
  /** The service account's name in kube-system; made when it is not there. */
  name: string
}

/** A client under a controller's own identity, so that each can do only what its role allows. */
export function createServiceAccountClient({ config, client, clock, name }: ServiceAccountClientOptions): Client {
  let current: { token: string; renewAt: number } | undefined
  let pending: Promise<string> | undefined

  const fetchToken = async (): Promise<string> => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } }
    const ask = () => client.createSubresource<TokenRequestAnswer>(serviceAccounts, { namespace, name }, 'token', body)
    const answer = await ask().catch(async (error: unknown) => {
      if (!isNotFound(error)) throw error
      await createServiceAccount(client, name)
      return ask()
    })
    const token = answer.status?.token
    if (!token) throw new Error(`no token for service account ${namespace}/${name}`)
    const lifeMs = Date.parse(answer.status?.expirationTimestamp ?? '') - clock.now() || expirationSeconds * 1000
    current = { token, renewAt: clock.monotonic() + lifeMs * renewAfter }
    return token
  }

  const token = async (): Promise<string> => {
    if (current && clock.monotonic() < current.renewAt) return current.token
    pending ??= fetchToken().finally(() => {
      pending = undefined
    })
    return pending
  }
  const { clientCertificate: _certificate, clientKey: _key, ...server } = config
  return createClient({ ...server, token, userAgent: `tandem-controller-manager/${name}` }, clock)
}

async function createServiceAccount(client: Client, name: string): Promise<void> {
  try {
    await client.create(serviceAccounts, { metadata: { namespace, name } })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

import { defaultTokenRequest, validateTokenRequest } from '@tandem/api/authentication/v1/token-request'
import type { BoundObjectReference, TokenRequest } from '@tandem/api/authentication/v1/types'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { secrets } from '@tandem/api/core/v1/secret'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import { badRequest, conflict, invalid, invalidValue, isNotFound, parseApiVersion } from '@tandem/apimachinery'
import type { KubernetesClaims } from '../../authentication/service-account/claims.ts'
import type { TokenIssuer } from '../../authentication/service-account/issuer.ts'
import { admissionRequest, type Handler, type ResourceRequest } from '../../handlers/handler.ts'
import { sendObject } from '../../request/respond.ts'
import { timestamp } from '../timestamp.ts'
import { decodeSubresource } from './decode.ts'

const tokenRequestKind = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
}

/** Kubelets ask for this many seconds for tokens that the server mounted by itself. */
const warnOnlySeconds = 3607
const extendedSeconds = 365 * 24 * 3600

/** `serviceaccounts/token`: a token of the account, for given audiences, bound to a pod, a secret or a node if asked. */
export const createToken =
  ({ issuer, audiences }: { issuer: TokenIssuer; audiences: readonly string[] }): Handler =>
  async (resource) => {
    const { kube, services, request, reply } = resource
    const { namespace, name } = kube.info
    const { object: tokenRequest, dryRun } = decodeSubresource<TokenRequest>(resource, tokenRequestKind)
    defaultTokenRequest(tokenRequest)
    checkNames(tokenRequest, namespace, name)
    const account = (await services.resources.store(serviceAccounts).get({ namespace, name })).object()
    const { metadata, spec } = tokenRequest
    if (metadata.uid && metadata.uid !== account.metadata.uid)
      throw conflict(
        { group: 'authentication.k8s.io', resource: 'TokenRequest' },
        name,
        `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${account.metadata.uid})`,
      )
    if (!spec.audiences?.length) spec.audiences = [...audiences]
    const now = services.clock.now()
    const creationTimestamp = timestamp(now)
    tokenRequest.metadata = { ...metadata, name, namespace, uid: account.metadata.uid, creationTimestamp }
    const faults = validateTokenRequest(tokenRequest)
    if (faults.length > 0) throw invalid(tokenRequestKind, '', faults)
    const admission = admissionRequest(resource, {
      operation: 'CREATE',
      object: tokenRequest,
      oldObject: undefined,
      dryRun,
    })
    await services.admission.admit(admission)
    await services.admission.validate(admission)

    const bound = spec.boundObjectRef ? await boundTo(resource, spec.boundObjectRef) : {}
    const requested = spec.expirationSeconds ?? 3600
    const seconds = Math.floor(now / 1000)
    const own = spec.audiences.every((audience) => audiences.includes(audience))
    const extended = bound.pod !== undefined && requested === warnOnlySeconds && own
    const kubernetes: KubernetesClaims = {
      namespace,
      serviceaccount: { name, uid: account.metadata.uid },
      ...bound,
      ...(extended && { warnafter: seconds + requested }),
    }
    const token = await issuer.issue({
      kubernetes,
      audiences: spec.audiences,
      now: seconds,
      expirationSeconds: extended ? extendedSeconds : requested,
    })
    tokenRequest.status = { token, expirationTimestamp: timestamp(now + requested * 1000) }
    sendObject(request, reply, 201, tokenRequest)
  }

function checkNames({ metadata }: TokenRequest, namespace: string, name: string): void {
  const wrong = (field: string, value: string, what: string) =>
    invalid(tokenRequestKind, name, [
      invalidValue(`metadata.${field}`, value, `must match the service account ${what} if specified`),
    ])
  if (metadata.name && metadata.name !== name) throw wrong('name', metadata.name, 'name')
  if (metadata.namespace && metadata.namespace !== namespace) throw wrong('namespace', metadata.namespace, 'namespace')
}

async function boundTo(
  { kube, services }: ResourceRequest,
  reference: BoundObjectReference,
): Promise<Pick<KubernetesClaims, 'pod' | 'secret' | 'node'>> {
  const { resources } = services
  const { namespace, name: account } = kube.info
  const { kind = '', apiVersion = '', name = '' } = reference
  const { group, version } = parseApiVersion(apiVersion)
  const known = (found: { metadata: { uid: string } }) => {
    const { uid } = found.metadata
    if (reference.uid && reference.uid !== uid)
      throw conflict(
        { group, resource: kind },
        name,
        `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    return { name, uid }
  }
  switch (group === '' ? kind : '') {
    case 'Pod': {
      const pod = (await resources.store(pods).get({ namespace, name })).object()
      if (pod.spec.serviceAccountName !== account)
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
        )
      const { nodeName } = pod.spec
      return { pod: known(pod), ...(nodeName && { node: { name: nodeName, uid: await nodeUid(resources, nodeName) } }) }
    }
    case 'Node':
      return { node: known((await resources.store(nodes).get({ name })).object()) }
    case 'Secret':
      return { secret: known((await resources.store(secrets).get({ namespace, name })).object()) }
    default:
      throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
}

async function nodeUid(resources: ResourceRequest['services']['resources'], name: string): Promise<string> {
  try {
    return (await resources.store(nodes).get({ name })).object().metadata.uid
  } catch (error) {
    if (isNotFound(error)) return ''
    throw error
  }
}

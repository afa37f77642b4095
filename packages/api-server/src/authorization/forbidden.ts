import { forbidden, type StatusError } from '@tandem/apimachinery'
import type { Attributes } from './authorizer.ts'

/** The refusal that a client sees, in upstream's words. */
export function forbiddenBy(attributes: Attributes, reason: string): StatusError {
  const message = describe(attributes)
  return forbidden(
    { group: attributes.apiGroup, resource: attributes.resource },
    attributes.name,
    reason ? `${message}: ${reason}` : message,
  )
}

function describe({
  user,
  verb,
  isResourceRequest,
  path,
  resource,
  subresource,
  apiGroup,
  namespace,
}: Attributes): string {
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`
  if (!isResourceRequest) return `${who} path ${JSON.stringify(path)}`
  const what = subresource ? `${resource}/${subresource}` : resource
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(apiGroup)} ${where}`
}

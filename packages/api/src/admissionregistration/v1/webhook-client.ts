import {
  type FieldError,
  invalidValue,
  required,
  validateDns1123Subdomain,
  validatePortNumber,
} from '@tandem/apimachinery'

export interface WebhookClient {
  url?: string
  service?: { namespace: string; name: string; path?: string; port?: number }
}

const form = '; desired format: https://host[/path]'

/** Where a webhook is: at a URL, or behind a Service. */
export function validateWebhookClient(field: string, { url, service }: WebhookClient): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')]
  if (url !== undefined) return validateUrl(`${field}.url`, url)
  return service ? validateService(`${field}.service`, service) : []
}

function validateUrl(field: string, text: string): FieldError[] {
  const [, scheme = '', authority = '', query, fragment] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? []
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const errors: FieldError[] = []
  if (scheme.toLowerCase() !== 'https')
    errors.push(invalidValue(field, scheme, `'https' is the only allowed URL scheme${form}`))
  if (host === '') errors.push(invalidValue(field, '', `host must be specified${form}`))
  if (at >= 0) errors.push(invalidValue(field, authority.slice(0, at), 'user information is not permitted in the URL'))
  if (fragment) errors.push(invalidValue(field, fragment, 'fragments are not permitted in the URL'))
  if (query) errors.push(invalidValue(field, query, 'query parameters are not permitted in the URL'))
  return errors
}

function validateService(field: string, { namespace, name, path, port }: NonNullable<WebhookClient['service']>) {
  const errors: FieldError[] = []
  // Upstream tells of the one where the other is missing.
  if (!namespace) errors.push(required(`${field}.name`))
  if (!name) errors.push(required(`${field}.namespace`))
  const faults = validatePortNumber(port ?? 0)
  if (faults.length > 0)
    errors.push(invalidValue(`${field}.port`, port ?? 0, `port is not valid: ${faults.join(', ')}`))
  return [...errors, ...validatePath(`${field}.path`, path)]
}

function validatePath(field: string, path: string | undefined): FieldError[] {
  if (!path || path === '/') return []
  if (path === '//') return [invalidValue(field, path, 'segment[0] may not be empty')]
  const errors = path.startsWith('/') ? [] : [invalidValue(field, path, "must start with a '/'")]
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  for (const [index, step] of steps.entries()) {
    if (step === '') errors.push(invalidValue(field, path, `segment[${index}] may not be empty`))
    else
      for (const fault of validateDns1123Subdomain(step))
        errors.push(invalidValue(field, path, `segment[${index}]: ${fault}`))
  }
  return errors
}

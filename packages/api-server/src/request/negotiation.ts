import { notAcceptable } from '@tandem/apimachinery'

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf'

/** The form in which an answer is wanted. */
export interface Accepted {
  readonly mediaType: MediaType
  /** A view in place of the object itself. */
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata'
  /** Of the view's own kind: `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string
  /** Two spaces of indentation. */
  readonly pretty: boolean
}

interface Clause {
  type: string
  parameters: Record<string, string>
  quality: number
}

const mediaTypes: readonly MediaType[] = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const forms: readonly Accepted[] = mediaTypes.map((mediaType) => ({
  mediaType,
  as: 'object',
  version: '',
  pretty: false,
}))
const plainJson: Accepted = { mediaType: 'application/json', as: 'object', version: '', pretty: false }

const remembered = new Map<string, Accepted>()
const maximumRemembered = 200

export interface NegotiationOptions {
  accept: string | undefined
  /** Are Table and PartialObjectMetadata on offer? Not for Status, reviews and the like. */
  views: boolean
}

/** Reads the Accept header. Clients send the same few over and over: each is read once. */
export function negotiate({ accept, views }: NegotiationOptions): Accepted {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return plainJson
  const key = views ? accept : `-${accept}`
  const known = remembered.get(key)
  if (known) return known
  const found = choose(accept, views)
  if (!found) throw notAcceptable(mediaTypes)
  if (remembered.size >= maximumRemembered) remembered.clear()
  remembered.set(key, found)
  return found
}

function choose(accept: string, views: boolean): Accepted | undefined {
  const clauses = accept
    .split(',')
    .map(parseClause)
    .sort((a, b) => b.quality - a.quality)
  for (const clause of clauses) {
    if (clause.quality <= 0) continue
    const form = forms.find(({ mediaType }) => matches(clause.type, mediaType))
    if (!form) continue
    const pretty = clause.parameters.pretty === '1' || clause.parameters.pretty === 'true'
    const { as, v: version = 'v1', g: group } = clause.parameters
    if (as === undefined) return { ...form, pretty }
    if (!views || group !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(version)) continue
    if (as === 'Table' && form.mediaType !== 'application/vnd.kubernetes.protobuf')
      return { ...form, as, version, pretty }
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { ...form, as: 'PartialObjectMetadata', version, pretty }
  }
  return undefined
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters: Record<string, string> = {}
  for (const part of rest) {
    const equals = part.indexOf('=')
    if (equals > 0) parameters[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1).replace(/^"|"$/g, '')
  }
  return { type: type.toLowerCase(), parameters, quality: parameters.q === undefined ? 1 : Number(parameters.q) || 0 }
}

const matches = (pattern: string, mediaType: string): boolean =>
  pattern === '*/*' || pattern === mediaType || (pattern.endsWith('/*') && mediaType.startsWith(pattern.slice(0, -1)))

/** Curl, wget and browsers are read by people: upstream indents for them unless told otherwise. */
export function wantsPretty(parameter: string | null, userAgent: string | undefined): boolean {
  if (parameter !== null) return !['false', '0'].includes(parameter.toLowerCase())
  return userAgent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent)
}

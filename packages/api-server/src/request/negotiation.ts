import { notAcceptable } from '@tandem/apimachinery'

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf'

/** The form in which an answer is wanted. */
export interface Accepted {
  readonly mediaType: MediaType
  /** A view in place of the object itself. */
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** Of the view's own kind: `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string
  /** Two spaces of indentation. */
  readonly pretty: boolean
}

export interface Clause {
  type: string
  parameters: Record<string, string>
  quality: number
}

const yaml = 'application/yaml'
const protobufType = 'application/vnd.kubernetes.protobuf'
const mediaTypes: readonly MediaType[] = ['application/json', yaml, protobufType]
const plainJson: Accepted = { mediaType: 'application/json', as: 'object', version: '', pretty: false }

const remembered = new Map<string, Accepted>()
const maximumRemembered = 200

export interface NegotiationOptions {
  accept: string | undefined
  /** Are Table and PartialObjectMetadata on offer? Not for Status, reviews and the like. */
  views: boolean
  /** Has the kind a form in protobuf? Yes unless told. */
  protobuf?: boolean
  /** Is the answer a stream of events? YAML has none. */
  watch?: boolean
}

/** Reads the Accept header. Clients send the same few over and over: each is read once. */
export function negotiate({ accept, views, protobuf = true, watch = false }: NegotiationOptions): Accepted {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return plainJson
  const key = `${views}${protobuf}${watch}${accept}`
  const known = remembered.get(key)
  if (known) return known
  const offered = mediaTypes.filter((type) => (type === yaml ? !watch : type !== protobufType || protobuf))
  const found = choose(accept, { views, protobuf, watch })
  if (!found) throw notAcceptable(watch ? offered.map((type) => `${type};stream=watch`) : offered)
  if (remembered.size >= maximumRemembered) remembered.clear()
  remembered.set(key, found)
  return found
}

function choose(accept: string, options: Required<Omit<NegotiationOptions, 'accept'>>): Accepted | undefined {
  for (const clause of clausesOf(accept)) {
    for (const mediaType of mediaTypes) {
      if (!matches(clause.type, mediaType)) continue
      const form = formOf(mediaType, clause.parameters, options)
      if (form) return form
    }
  }
  return undefined
}

/** What a clause asks for in this media type; undefined where it asks too much. */
function formOf(
  mediaType: MediaType,
  parameters: Clause['parameters'],
  { views, protobuf, watch }: Required<Omit<NegotiationOptions, 'accept'>>,
): Accepted | undefined {
  const { as, v: version, g: group, stream, sv } = parameters
  if (mediaType === yaml && (watch || stream)) return undefined
  if ((stream && stream !== 'watch') || sv) return undefined
  const pretty = parameters.pretty === '1'
  if (as === undefined && version === undefined && group === undefined)
    return mediaType === protobufType && !protobuf ? undefined : { mediaType, as: 'object', version: '', pretty }
  if (!views || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as === 'Table') return mediaType === protobufType ? undefined : { mediaType, as, version, pretty }
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
    ? { mediaType, as, version, pretty }
    : undefined
}

/** What a header asks for, the best first. */
export const clausesOf = (accept: string): Clause[] =>
  accept
    .split(',')
    .map(parseClause)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters: Record<string, string> = {}
  for (const part of rest) {
    const equals = part.indexOf('=')
    if (equals > 0) parameters[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1).replace(/^"|"$/g, '')
  }
  return { type: type.toLowerCase(), parameters, quality: parameters.q === undefined ? 1 : Number(parameters.q) || 0 }
}

export const matches = (pattern: string, mediaType: string): boolean =>
  pattern === '*/*' || pattern === mediaType || (pattern.endsWith('/*') && mediaType.startsWith(pattern.slice(0, -1)))

/** Curl, wget and browsers are read by people: upstream indents for them unless told otherwise. */
export function wantsPretty(parameter: string | null, userAgent: string | undefined): boolean {
  if (parameter) return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(parameter)
  return userAgent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent)
}

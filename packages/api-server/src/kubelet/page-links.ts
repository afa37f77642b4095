/** Where pages of a proxied server are found by its readers. */
export interface PagePlace {
  /** What stands before each path of the server: `/api/v1/namespaces/default/pods/web/proxy`. */
  prefix: string
  /** The server as it calls itself, and as the reader calls the API server. */
  serverHost: string
  readerHost: string
}

/** A link that leads to the server's root, or to the server by name, led through the proxy; any other as it is. */
export function linkThroughProxy(link: string, { prefix, serverHost, readerHost }: PagePlace): string {
  const [, origin = '', host, path = ''] = /^((?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*))?(.*)$/is.exec(link) ?? []
  if (host !== undefined && host !== serverHost && host !== readerHost) return link
  if (!path.startsWith('/') || path.startsWith(prefix)) return link
  return (host === readerHost ? origin : '') + prefix + path
}

/** Attributes that hold URLs, by element. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['formaction', 'src', 'usemap'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}

/** Elements whose content is text, whatever it looks like. */
const textElements = new Set(['script', 'style', 'textarea', 'title'])

/** A page with each of its links changed; all else stays byte by byte. */
export function rewriteLinks(page: string, rewrite: (link: string) => string): string {
  const pieces: string[] = []
  let copied = 0
  const lower = page.toLowerCase()
  const name = /[a-z][^\s/>]*/y
  for (let at = page.indexOf('<'); at >= 0; at = page.indexOf('<', at)) {
    if (page.startsWith('<!--', at)) {
      at = after(page, '-->', at + 4)
      continue
    }
    name.lastIndex = ++at
    const [element] = name.exec(lower) ?? []
    if (element === undefined) continue
    at += element.length
    for (const { attribute, start, end, next } of attributesFrom(page, at)) {
      at = next
      if (attribute === undefined || !linkAttributes[element]?.includes(attribute.toLowerCase())) continue
      pieces.push(page.slice(copied, start), rewrite(page.slice(start, end)))
      copied = end
    }
    if (textElements.has(element)) at = after(lower, `</${element}`, at)
  }
  return pieces.join('') + page.slice(copied)
}

const after = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + mark.length
}

interface Attribute {
  attribute: string | undefined
  /** Of its value, without quotes. */
  start: number
  end: number
  next: number
}

/** The attributes of a tag from behind its name on; a quote that is never closed takes the rest of the page. */
function* attributesFrom(page: string, from: number): Generator<Attribute> {
  const attribute = /[\s/]*([^\s/>=]+)(\s*=\s*)?/y
  const bare = /[^\s>]*/y
  for (let at = from; ; ) {
    attribute.lastIndex = at
    const found = attribute.exec(page)
    if (!found) return
    at = attribute.lastIndex
    if (found[2] === undefined) {
      yield { attribute: undefined, start: at, end: at, next: at }
      continue
    }
    const quote = page[at] === '"' || page[at] === "'" ? page[at] : undefined
    if (quote === undefined) {
      bare.lastIndex = at
      const end = at + (bare.exec(page)?.[0].length ?? 0)
      yield { attribute: found[1], start: at, end, next: end }
      at = end
      continue
    }
    const end = page.indexOf(quote, at + 1)
    if (end < 0) {
      yield { attribute: undefined, start: at, end: at, next: page.length }
      return
    }
    yield { attribute: found[1], start: at + 1, end, next: end + 1 }
    at = end + 1
  }
}

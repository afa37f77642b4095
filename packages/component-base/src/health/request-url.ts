import type { IncomingMessage } from 'node:http'

/** The path and query a request asks for. Whatever a client sends, also `//` and `*`, makes a URL: none may end the process. */
export const requestUrl = ({ url = '/' }: Pick<IncomingMessage, 'url'>): URL =>
  new URL(`http://localhost${url.startsWith('/') ? url : '/'}`)

import t from 'tap'
import { requestUrl } from '../../src/health/request-url.ts'

const rows: { name: string; url: string | undefined; path: string }[] = [
  { name: 'a path', url: '/healthz?verbose', path: '/healthz' },
  { name: 'two slashes and nothing else', url: '//', path: '//' },
  { name: 'what looks like another host', url: '//host:99999/metrics', path: '//host:99999/metrics' },
  { name: 'an asterisk', url: '*', path: '/' },
  { name: 'none', url: undefined, path: '/' },
]
for (const { name, url, path } of rows)
  t.test(`the URL of a request for ${name}`, async (t) => t.equal(requestUrl({ url }).pathname, path))

import t from 'tap'
import { linkThroughProxy, rewriteLinks } from '../../src/kubelet/page-links.ts'

const place = { prefix: '/pods/p/proxy', serverHost: '10.0.0.1:80', readerHost: 'api:6443' }

const links: [name: string, link: string, expected: string][] = [
  ['from the root', '/a?b#c', '/pods/p/proxy/a?b#c'],
  ['from the root, led through already', '/pods/p/proxy/a', '/pods/p/proxy/a'],
  ['relative', 'a/b', 'a/b'],
  ['a fragment', '#a', '#a'],
  ['to another host', 'https://elsewhere/a', 'https://elsewhere/a'],
  ['to another host, without a scheme', '//elsewhere/a', '//elsewhere/a'],
  ['to the server by name', 'http://10.0.0.1:80/a', '/pods/p/proxy/a'],
  ["by the reader's name for it", 'https://api:6443/a', 'https://api:6443/pods/p/proxy/a'],
  ['no path at all', 'mailto:a@b', 'mailto:a@b'],
]
for (const [name, link, expected] of links) t.test(name, async (t) => t.equal(linkThroughProxy(link, place), expected))

const pages: [name: string, page: string, expected: string][] = [
  ['quoted twice', '<a class="x" href="/a">t</a>', '<a class="x" href="!/a">t</a>'],
  ['quoted once, and capitals', "<IMG SRC = '/a' alt='/b'/>", "<IMG SRC = '!/a' alt='/b'/>"],
  ['not quoted', '<link rel=icon href=/a>', '<link rel=icon href=!/a>'],
  ['attributes of other elements', '<div href="/a">', '<div href="/a">'],
  ['a comment', '<!-- <a href="/a"> --><a href="/b">', '<!-- <a href="/a"> --><a href="!/b">'],
  ['what a script says', '<script src="/s">"<a href=\'/a\'>"</script>', '<script src="!/s">"<a href=\'/a\'>"</script>'],
  ['a sign of less', '1 < 2 <a href="/a">', '1 < 2 <a href="!/a">'],
  ['a quote that never ends', '<a href="/a><a href=/b>', '<a href="/a><a href=/b>'],
  ['an attribute without a value', '<a download href=/a>', '<a download href=!/a>'],
]
for (const [name, page, expected] of pages)
  t.test(`a page: ${name}`, async (t) =>
    t.equal(
      rewriteLinks(page, (link) => `!${link}`),
      expected,
    ),
  )

import t from 'tap'
import { defaultPullPolicy, parseImageName } from '../../../src/core/v1/image-name.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

const rows = [
  { name: 'a bare name', image: 'nginx', expected: { repository: 'docker.io/library/nginx', tag: 'latest' } },
  { name: 'a tag', image: 'nginx:1.27', expected: { repository: 'docker.io/library/nginx', tag: '1.27' } },
  { name: 'an owner', image: 'bitnami/redis:7', expected: { repository: 'docker.io/bitnami/redis', tag: '7' } },
  { name: 'a registry', image: 'ghcr.io/owner/app:v1', expected: { repository: 'ghcr.io/owner/app', tag: 'v1' } },
  {
    name: 'a port is no tag',
    image: 'localhost:5000/app',
    expected: { repository: 'localhost:5000/app', tag: 'latest' },
  },
  { name: 'localhost is a registry', image: 'localhost/app:x', expected: { repository: 'localhost/app', tag: 'x' } },
  {
    name: 'the old name of Docker Hub',
    image: 'index.docker.io/nginx',
    expected: { repository: 'docker.io/library/nginx', tag: 'latest' },
  },
  { name: 'a digest', image: `app@${digest}`, expected: { repository: 'docker.io/library/app', digest } },
  {
    name: 'tag and digest',
    image: `app:v1@${digest}`,
    expected: { repository: 'docker.io/library/app', tag: 'v1', digest },
  },
  { name: 'capitals in the path', image: 'Nginx', expected: undefined },
  { name: 'an empty name', image: '', expected: undefined },
  { name: 'a tag with a slash', image: 'a:b/c:d:e', expected: undefined },
  { name: 'a digest cut short', image: 'app@sha256:abc', expected: undefined },
  { name: 'an ID', image: '0123456789abcdef'.repeat(4), expected: undefined },
  { name: 'a name too long', image: `a/${'b'.repeat(300)}`, expected: undefined },
]

for (const { name, image, expected } of rows)
  t.test(name, async (t) => {
    t.strictSame(parseImageName(image), expected)
  })

t.test('what is latest is pulled always', async (t) => {
  t.equal(defaultPullPolicy('nginx'), 'Always')
  t.equal(defaultPullPolicy('nginx:latest'), 'Always')
  t.equal(defaultPullPolicy('nginx:1'), 'IfNotPresent')
  t.equal(defaultPullPolicy(`nginx@${digest}`), 'IfNotPresent')
  t.equal(defaultPullPolicy('NOT AN IMAGE'), 'IfNotPresent')
})

import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

/** The direction of imports between packages: what each may import directly. A layer below a dependency is allowed too. */
const direct: Readonly<Record<string, readonly string[]>> = {
  apimachinery: [],
  storage: [],
  'component-base': [],
  netfilter: [],
  api: ['apimachinery'],
  client: ['api', 'component-base'],
  'controller-runtime': ['client'],
  'api-server': ['api', 'storage', 'component-base'],
  'controller-manager': ['controller-runtime'],
  promotion: ['controller-runtime'],
  scheduler: ['client'],
  dns: ['client'],
  kubelet: ['client', 'netfilter'],
  'kube-proxy': ['client', 'netfilter'],
  cluster: ['api-server', 'scheduler', 'controller-manager', 'kubelet', 'kube-proxy', 'dns', 'promotion'],
  testing: ['cluster', 'promotion', 'client'],
  cli: ['cluster', 'promotion', 'client'],
}

/** Storage is below the API server alone: nobody above that sees it. */
const hidden = new Set(['storage'])

function allowed(name: string): Set<string> {
  const seen = new Set<string>()
  const visit = (dependency: string): void => {
    if (seen.has(dependency)) return
    seen.add(dependency)
    for (const next of direct[dependency] ?? []) if (!hidden.has(next)) visit(next)
  }
  for (const dependency of direct[name] ?? []) visit(dependency)
  return seen
}

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '')

for (const name of Object.keys(direct)) {
  t.test(`${name} imports only what lies below it`, (t) => {
    const may = allowed(name)
    const sources = globSync(`packages/${name}/src/**/*.ts`)
    t.ok(sources.length > 0, 'it has sources')
    for (const file of sources) {
      for (const target of importsOf(file)) {
        const other = /^@tandem\/([^/]+)/.exec(target)?.[1]
        if (other && !may.has(other)) t.fail(`${file} imports ${target}`)
        if (target.startsWith('.') && /\.\.\/[a-z-]+\/src\//.test(target))
          t.fail(`${file} reaches into another package: ${target}`)
      }
    }
    t.end()
  })
}

t.test('every package is in the table', (t) => {
  const packages = globSync('packages/*/package.json').map((file) => file.split('/')[1])
  t.same([...packages].sort(), Object.keys(direct).sort())
  t.end()
})

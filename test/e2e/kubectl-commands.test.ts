import t from 'tap'
import { certificates } from './kubectl/certificates.ts'
import { changing } from './kubectl/changing.ts'
import { creating } from './kubectl/creating.ts'
import { customResources } from './kubectl/custom-resources.ts'
import { deleting } from './kubectl/deleting.ts'
import { nodeRows } from './kubectl/nodes.ts'
import { podRows } from './kubectl/pods.ts'
import { reading } from './kubectl/reading.ts'
import type { Row } from './kubectl/row.ts'
import { settings } from './kubectl/settings.ts'
import { kubectlFor, kubectlVersions } from './kubectl.ts'

const rows: Row[] = [
  ...creating,
  ...reading,
  ...podRows,
  ...changing,
  ...nodeRows,
  ...settings,
  ...certificates,
  ...customResources,
  ...deleting,
]

// Several at once, each in a namespace of its own: most of their time they wait for pods.
t.jobs = 5
for (const version of kubectlVersions) {
  t.test(`kubectl ${version}`, { bail: false, buffered: true }, async (t) => {
    const namespace = `kubectl-${version.replace('.', '-')}`
    const kubectl = kubectlFor({ cluster: 'staging', version, namespace })
    t.match(await kubectl('create', 'namespace', namespace), /created/)
    for (const { name, check } of rows) await t.test(name, (t) => check(t, { kubectl, version, namespace }))
    for (const kind of ['clusterrolebinding', 'clusterrole', 'priorityclass']) await kubectl('delete', kind, namespace)
    await kubectl('delete', 'namespace', namespace, '--timeout=90s')
    t.match((await kubectl.run(['get', 'namespace', namespace], { mayFail: true })).stderr, /NotFound/)
  })
}

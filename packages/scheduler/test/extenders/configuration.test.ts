import t from 'tap'
import { readExtenders } from '../../src/extenders/configuration.ts'

const urlPrefix = 'http://127.0.0.1:8888/scheduler'

t.test('defaults are upstream’s, and those that may be ignored come last', async (t) => {
  const [first, second] = readExtenders([
    { urlPrefix: `${urlPrefix}/`, ignorable: true },
    { urlPrefix, bindVerb: 'bind' },
  ])
  t.match(first, { bindVerb: 'bind', ignorable: false })
  t.strictSame(second, {
    urlPrefix,
    weight: 0,
    enableHTTPS: false,
    timeoutMs: 5000,
    nodeCacheCapable: false,
    managedResources: [],
    ignorable: true,
  })
})

t.test('everything that there is', async (t) => {
  const tlsConfig = { insecure: false, serverName: 's', certFile: 'c', keyFile: 'k', caFile: 'a' }
  const verbs = { filterVerb: 'f', prioritizeVerb: 'p', preemptVerb: 'e', bindVerb: 'b' }
  const given = {
    urlPrefix,
    ...verbs,
    weight: 2,
    enableHTTPS: true,
    tlsConfig,
    nodeCacheCapable: true,
    ignorable: false,
  }
  const managedResources = [{ name: 'example.com/card', ignoredByScheduler: true }]
  t.strictSame(readExtenders([{ ...given, httpTimeout: '1m30s', managedResources }]), [
    { ...given, timeoutMs: 90_000, managedResources },
  ])
})

const bad: [problem: RegExp, ...extenders: object[]][] = [
  [/extenders\[0\]\.urlPrefix: must be a string/, {}],
  [/extenders\[0\]\.urlPrefix: must be a URL/, { urlPrefix: 'here' }],
  [/unknown field "extenders\[0\]\.verb"/, { urlPrefix, verb: 'x' }],
  [
    /extenders\[0\]\.weight: Invalid value: 0: must have a positive weight applied to it/,
    { urlPrefix, prioritizeVerb: 'p' },
  ],
  [
    /found 2 extenders implementing bind": only one extender can implement bind/,
    { urlPrefix, bindVerb: 'a' },
    { urlPrefix, bindVerb: 'b' },
  ],
  [
    /extenders\[0\]\.managedResources\[0\]\.name: Invalid value: "cpu": is an invalid extended resource name/,
    { urlPrefix, managedResources: [{ name: 'cpu' }] },
  ],
  [
    /extenders\[1\]\.managedResources\[0\]\.name: Invalid value: "a\.b\/c": duplicate extender managed resource name/,
    { urlPrefix, managedResources: [{ name: 'a.b/c' }] },
    { urlPrefix, managedResources: [{ name: 'a.b/c' }] },
  ],
  [/extenders\[0\]\.httpTimeout: invalid duration "soon"/, { urlPrefix, httpTimeout: 'soon' }],
  [/extenders\[0\]\.ignorable: must be true or false/, { urlPrefix, ignorable: 'yes' }],
]
for (const [problem, ...extenders] of bad)
  t.test(String(problem), async (t) => t.throws(() => readExtenders(extenders), { message: problem }))

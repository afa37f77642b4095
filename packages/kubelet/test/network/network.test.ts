import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { bridgeNetwork, pluginInput } from '../../src/network/cni-config.ts'
import { hostsFile, podHostname } from '../../src/network/hosts-file.ts'
import { gatewayAddress, masqueradeRules } from '../../src/network/node-network.ts'
import { formatResolvConf, parseResolvConf, podDns } from '../../src/network/resolv-conf.ts'
import { podOf } from '../fixtures.ts'

const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }
const host = parseResolvConf(
  '# the host\nnameserver 192.168.0.1\nnameserver 1.1.1.1 \nsearch old.example\nsearch example.com lan.\noptions timeout:1 ndots:2\n',
)
const clusterSearch = 'search default.svc.cluster.local svc.cluster.local cluster.local example.com lan'

const dns: { name: string; spec: Partial<Pod['spec']>; expected: string }[] = [
  { name: 'ClusterFirst', spec: {}, expected: `${clusterSearch}\nnameserver 10.96.0.10\noptions ndots:5\n` },
  {
    name: 'ClusterFirst on the host network is Default',
    spec: { hostNetwork: true },
    expected: 'search example.com lan\nnameserver 192.168.0.1\nnameserver 1.1.1.1\noptions timeout:1 ndots:2\n',
  },
  {
    name: 'ClusterFirstWithHostNet',
    spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    expected: `${clusterSearch}\nnameserver 10.96.0.10\noptions ndots:5\n`,
  },
  {
    name: 'Default',
    spec: { dnsPolicy: 'Default' },
    expected: 'search example.com lan\nnameserver 192.168.0.1\nnameserver 1.1.1.1\noptions timeout:1 ndots:2\n',
  },
  {
    name: 'None, with a configuration of its own',
    spec: {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['9.9.9.9'],
        searches: ['a.b'],
        options: [{ name: 'ndots', value: '1' }, { name: 'edns0' }],
      },
    },
    expected: 'search a.b\nnameserver 9.9.9.9\noptions ndots:1 edns0\n',
  },
  {
    name: 'options of the pod replace those of the policy',
    spec: { dnsConfig: { nameservers: ['10.96.0.10', '9.9.9.9'], options: [{ name: 'ndots', value: '2' }] } },
    expected: `${clusterSearch}\nnameserver 10.96.0.10\nnameserver 9.9.9.9\noptions ndots:2\n`,
  },
]
for (const { name, spec, expected } of dns)
  t.test(`resolv.conf: ${name}`, async (t) =>
    t.equal(formatResolvConf(podDns(podOf(spec), { cluster, host })), expected),
  )

t.test('a hostname is short, and has a domain only with a subdomain', async (t) => {
  t.same(podHostname(podOf({}), 'cluster.local'), { hostname: 'web', domain: '' })
  t.same(podHostname(podOf({ hostname: 'db-0', subdomain: 'db' }), 'cluster.local'), {
    hostname: 'db-0',
    domain: 'db.default.svc.cluster.local',
  })
  t.same(
    podHostname(podOf({ subdomain: 'db', setHostnameAsFQDN: true }), 'cluster.local').hostname,
    'web.db.default.svc.cluster.local',
  )
  t.equal(podHostname(podOf({}, { name: `${'a'.repeat(62)}.b` }), '').hostname, 'a'.repeat(62))
})

t.test('/etc/hosts', async (t) => {
  const pod = podOf({ subdomain: 'db', hostAliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y.z'] }] })
  const text = hostsFile({
    pod,
    ips: ['10.0.0.2'],
    hostname: 'web',
    domain: 'db.default.svc.cluster.local',
    hostFile: '',
  })
  t.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/)
  t.ok(
    text.endsWith(
      '10.0.0.2\tweb.db.default.svc.cluster.local\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\tx\ty.z\n',
    ),
  )
  const shared = hostsFile({
    pod: podOf({ hostNetwork: true }),
    ips: [],
    hostname: 'n',
    domain: '',
    hostFile: '127.0.0.1 localhost\n\n',
  })
  t.equal(shared, '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n')
})

t.test('a plugin is told what it can do, and what came before', async (t) => {
  const list = bridgeNetwork({ name: 'prod', bridge: 'br0', podCIDRs: ['10.244.1.0/24'], stateDirectory: '/s' })
  const [bridge, portmap] = list.plugins
  const runtimeConfig = { portMappings: [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' }] }
  if (!bridge || !portmap) throw new Error('plugins are missing')
  t.match(pluginInput({ list, plugin: bridge, runtimeConfig, previous: undefined }), {
    name: 'prod',
    type: 'bridge',
    bridge: 'br0',
    ipMasq: false,
    hairpinMode: true,
    isGateway: true,
    ipam: { ranges: [[{ subnet: '10.244.1.0/24' }]] },
  })
  t.notOk('runtimeConfig' in pluginInput({ list, plugin: bridge, runtimeConfig, previous: undefined }))
  t.match(pluginInput({ list, plugin: portmap, runtimeConfig, previous: { ips: [] } }), {
    runtimeConfig,
    prevResult: { ips: [] },
  })
})

for (const [cidr, gateway] of [
  ['10.244.1.0/24', '10.244.1.1/24'],
  ['10.244.1.128/25', '10.244.1.129/25'],
  ['fd00::/64', 'fd00::1/64'],
] as const)
  t.test(`the gateway of ${cidr}`, async (t) => t.equal(gatewayAddress(cidr), gateway))

t.test('only what leaves the cluster is masqueraded', async (t) => {
  t.same(masqueradeRules(['10.244.1.0/24'], '10.244.0.0/16', ' --random-fully'), [
    '-s 10.244.1.0/24 ! -d 10.244.0.0/16 -m addrtype ! --dst-type LOCAL -j MASQUERADE --random-fully',
  ])
})

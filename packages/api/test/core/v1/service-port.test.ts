import t from 'tap'
import { hostPortsConflict, hostPortsOf } from '../../../src/core/v1/host-ports.ts'
import { findPort } from '../../../src/core/v1/service-port.ts'
import type { ContainerPort, Pod, ServicePort } from '../../../src/core/v1/types.ts'

const pod = {
  metadata: { name: 'p' },
  spec: {
    containers: [
      { name: 'a', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] },
      { name: 'b', ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP', hostPort: 53 }] },
    ],
    initContainers: [
      { name: 'once', ports: [{ name: 'init', containerPort: 1, hostPort: 1 }] },
      { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'admin', containerPort: 15000, hostPort: 15000 }] },
    ],
  },
} as unknown as Pod

const rows: [name: string, port: ServicePort, expected: number | undefined][] = [
  ['a number', { port: 80, targetPort: 8080 }, 8080],
  ['none: the port itself', { port: 80 }, 80],
  ['a name', { port: 80, targetPort: 'http' }, 8080],
  ['a name of another protocol', { port: 80, targetPort: 'http', protocol: 'UDP' }, undefined],
  ['a name with its protocol', { port: 53, targetPort: 'dns', protocol: 'UDP' }, 53],
  ['a sidecar’s port', { port: 80, targetPort: 'admin' }, 15000],
  ['an init container is gone by then', { port: 80, targetPort: 'init' }, undefined],
  ['an unknown name', { port: 80, targetPort: 'nope' }, undefined],
]

for (const [name, port, expected] of rows)
  t.test(name, async (t) => {
    t.equal(findPort(pod, port), expected)
  })

const conflictRows: [name: string, a: Partial<ContainerPort>, b: Partial<ContainerPort>, expected: boolean][] = [
  ['no host port', { hostPort: 0 }, { hostPort: 0 }, false],
  ['the same', { hostPort: 80 }, { hostPort: 80 }, true],
  ['another protocol', { hostPort: 80, protocol: 'UDP' }, { hostPort: 80 }, false],
  ['two addresses', { hostPort: 80, hostIP: '192.0.2.1' }, { hostPort: 80, hostIP: '192.0.2.2' }, false],
  ['one address and all', { hostPort: 80, hostIP: '192.0.2.1' }, { hostPort: 80, hostIP: '0.0.0.0' }, true],
]

for (const [name, a, b, expected] of conflictRows)
  t.test(`host ports: ${name}`, async (t) => {
    t.equal(hostPortsConflict({ containerPort: 1, ...a }, { containerPort: 1, ...b }), expected)
  })

t.test('host ports of a pod', async (t) => {
  t.strictSame(
    hostPortsOf(pod).map(({ hostPort }) => hostPort),
    [53, 15000],
  )
})

import type { PodSpec } from '@tandem/api/core/v1/types'
import t from 'tap'
import { baselineChecks, type Check, restrictedChecks } from '../../src/admission/pod-security/checks.ts'

const container = { name: 'c', image: 'i' }
const pod = (spec: Partial<PodSpec> = {}): PodSpec => ({ containers: [container], ...spec })
const inContainer = (securityContext: PodSpec['containers'][number]['securityContext']): PodSpec =>
  pod({ containers: [{ ...container, ...(securityContext && { securityContext }) }] })
const told = (checks: readonly Check[], spec: PodSpec): string[] =>
  checks.flatMap((check) => {
    const detail = check.broken(spec)
    return detail === undefined ? [] : [`${check.reason} (${detail})`]
  })

const baselineRows: [what: string, spec: PodSpec, broken: string[]][] = [
  ['a plain pod', pod(), []],
  ['the host network', pod({ hostNetwork: true, hostPID: true }), ['host namespaces (hostNetwork=true, hostPID=true)']],
  [
    'a privileged container',
    inContainer({ privileged: true }),
    ['privileged (container "c" must not set securityContext.privileged=true)'],
  ],
  [
    'two of them',
    pod({ containers: ['a', 'b'].map((name) => ({ name, image: 'i', securityContext: { privileged: true } })) }),
    ['privileged (containers "a", "b" must not set securityContext.privileged=true)'],
  ],
  [
    'a capability',
    inContainer({ capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } }),
    ['non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)'],
  ],
  ['a host path', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), ['hostPath volumes (volume "v")']],
  [
    'a host port',
    pod({ containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] }),
    ['hostPort (container "c" uses hostPort 80)'],
  ],
  [
    'an unsafe sysctl',
    pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    ['forbidden sysctls (kernel.msgmax)'],
  ],
  [
    'no seccomp',
    pod({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
    ['seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")'],
  ],
]

t.test('baseline', async (t) => {
  for (const [what, spec, broken] of baselineRows) t.same(told(baselineChecks, spec), broken, what)
})

const safe = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' as const },
}

t.test('restricted', async (t) => {
  t.same(told(restrictedChecks, inContainer(safe)), [])
  t.same(told(restrictedChecks, pod()), [
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
    'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ])
  t.same(told(restrictedChecks, inContainer({ ...safe, runAsUser: 0 })), [
    'runAsUser=0 (container "c" must not set runAsUser=0)',
  ])
})

import { eventually, mustMatch } from '../eventually.ts'
import type { Row } from './row.ts'

/** A group for each kubectl: they run at once. */
const groupOf = (namespace: string): string => `${namespace}.example.com`

const definition = (group: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: backups.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: backups, kind: Backup }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.copies, statusReplicasPath: .status.copies }
      additionalPrinterColumns:
        - { name: Schedule, type: string, jsonPath: .spec.schedule }
        - { name: Copies, type: integer, jsonPath: .spec.copies }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [schedule]
              properties:
                schedule: { type: string, enum: [hourly, daily], description: How often a backup is made. }
                copies: { type: integer, minimum: 1, default: 3 }
              x-kubernetes-validations:
                - { rule: self.schedule != 'hourly' || self.copies <= 24, message: a day of them is enough }
            status: { type: object, properties: { copies: { type: integer } } }
`

const backup = (group: string, name: string, spec: string): string => `
apiVersion: ${group}/v1
kind: Backup
metadata: { name: ${name} }
spec: ${spec}
`

export const customResources: Row[] = [
  {
    name: 'custom resources come and go with their definition',
    async check(t, { kubectl, namespace }) {
      const group = groupOf(namespace)
      const crd = `crd/backups.${group}`
      const resource = `backups.${group}`
      t.teardown(() => kubectl('delete', crd, '--ignore-not-found'))
      t.match(await kubectl.apply(definition(group)), /created/)
      await kubectl('wait', '--for=condition=Established', crd, '--timeout=30s')

      // What kubectl knows of the server's kinds it may have asked before.
      await eventually(async () =>
        mustMatch(await kubectl.apply(backup(group, 'nightly', '{ schedule: daily }')), /created|unchanged/),
      )
      t.match(await kubectl('get', resource), /NAME +SCHEDULE +COPIES\s+nightly +daily +3/)
      t.match(await kubectl.apply(backup(group, 'nightly', '{ schedule: daily, copies: 5 }')), /configured/)
      t.match(await kubectl('scale', `${resource}/nightly`, '--replicas=7'), /scaled/)
      t.equal(
        await kubectl('get', `${resource}/nightly`, '-o', 'jsonpath={.spec.copies} {.metadata.generation}'),
        '7 3',
      )

      const refused = async (spec: string): Promise<string> =>
        (await kubectl.run(['create', '-f', '-'], { input: backup(group, 'odd', spec), mayFail: true })).stderr
      t.match(await refused('{ schedule: weekly }'), /spec\.schedule: Unsupported value: "weekly"/)
      t.match(await refused('{ schedule: daily, size: 1 }'), /unknown field "(?:spec\.)?size"/)
      t.match(await refused('{ schedule: hourly, copies: 99 }'), /spec: Invalid value: a day of them is enough/)

      const explained = await kubectl('explain', 'backups.spec', '--api-version', `${group}/v1`, '--recursive')
      t.match(explained, /copies\s+<integer>[\s\S]*schedule\s+<string>/)

      await kubectl('delete', crd, '--timeout=60s')
      await eventually(async () => {
        const { stderr } = await kubectl.run(['get', resource], { mayFail: true })
        mustMatch(stderr, /the server (?:could not find|doesn't have)/)
      })
    },
  },
]

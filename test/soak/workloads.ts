import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { jobs } from '@tandem/api/batch/v1/job'
import type { AnyResourceDefinition } from '@tandem/apimachinery'

const simulated = 'tandem.dev/simulated-node'

const template = (app: string, version: number, extra: object = {}) => ({
  metadata: { labels: { app, version: String(version) } },
  spec: {
    nodeSelector: { [simulated]: 'true' },
    tolerations: [{ key: simulated, operator: 'Exists' }],
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: 'app', image: 'registry.example/app:1', resources: { requests: { cpu: '200m', memory: '64Mi' } } },
    ],
    ...extra,
  },
})

/** A workload of the churn: what its objects look like, and how many pods it has once all is calm. */
export interface Kind {
  definition: AnyResourceDefinition
  maxSize: number
  object(name: string, size: number): object
  /** A change that takes effect on pods; undefined where there is none. */
  scaled?(size: number): object
  updated?(name: string, version: number): object
}

const rolling = {
  scaled: (size: number) => ({ spec: { replicas: size } }),
  updated: (name: string, version: number) => ({ spec: { template: template(name, version) } }),
}

const workload = (name: string) => ({ selector: { matchLabels: { app: name } }, template: template(name, 0) })

export const kinds: Readonly<Record<'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job', Kind>> = {
  Deployment: {
    definition: deployments,
    maxSize: 40,
    object: (name, replicas) => ({ metadata: { name }, spec: { replicas, ...workload(name) } }),
    ...rolling,
  },
  StatefulSet: {
    definition: statefulSets,
    maxSize: 8,
    object: (name, replicas) => ({ metadata: { name }, spec: { replicas, serviceName: name, ...workload(name) } }),
    ...rolling,
  },
  DaemonSet: {
    definition: daemonSets,
    maxSize: 1,
    object: (name) => ({ metadata: { name }, spec: workload(name) }),
    updated: rolling.updated,
  },
  Job: {
    definition: jobs,
    maxSize: 20,
    object: (name, completions) => ({
      metadata: { name },
      spec: { completions, parallelism: 5, template: template(name, 0, { restartPolicy: 'Never' }) },
    }),
  },
}

export type KindName = keyof typeof kinds

import { flowSchemas } from '@tandem/api/flowcontrol/v1/flowschema'
import { allRequests, mandatoryFlowSchemas, mandatoryPriorityLevels } from '@tandem/api/flowcontrol/v1/mandatory'
import { priorityLevelConfigurations } from '@tandem/api/flowcontrol/v1/prioritylevelconfiguration'
import type {
  FlowSchema,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  Subject,
} from '@tandem/api/flowcontrol/v1/types'
import { isAlreadyExists, isConflict, isNotFound, semanticallyEqual } from '@tandem/apimachinery'
import type { FollowOptions } from '../follow.ts'
import type { Store } from '../registry/store.ts'
import type { Resources } from '../resources.ts'
import { ensure, find } from './ensure.ts'

export const autoUpdateSpec = 'apf.kubernetes.io/autoupdate-spec'
const checkEvery = 60_000

const limited = (
  nominalConcurrencyShares: number,
  lendablePercent: number,
  { queues = 128, handSize = 6 } = {},
): PriorityLevelConfigurationSpec => ({
  type: 'Limited',
  limited: {
    nominalConcurrencyShares,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
    lendablePercent,
  },
})

const suggestedLevels: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  system: limited(30, 33, { queues: 64 }),
  'node-high': limited(40, 25, { queues: 64 }),
  'leader-election': limited(10, 0, { queues: 16, handSize: 4 }),
  'workload-high': limited(40, 50),
  'workload-low': limited(100, 90),
  'global-default': limited(20, 50),
}

const users = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'User', user: { name } }))
const groups = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }))
const systemServiceAccounts: Subject = {
  kind: 'ServiceAccount',
  serviceAccount: { namespace: 'kube-system', name: '*' },
}
const everybody = groups('system:unauthenticated', 'system:authenticated')

interface Row {
  level: string
  precedence: number
  by?: 'ByUser' | 'ByNamespace'
  subjects: Subject[]
  /** All requests unless given. */
  rules?: Omit<PolicyRulesWithSubjects, 'subjects'>
}

const leases = (verbs: string[]) => ({
  verbs,
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  namespaces: ['*'],
})
const nodes = {
  verbs: ['*'],
  apiGroups: [''],
  resources: ['nodes', 'nodes/status'],
  clusterScope: true,
  namespaces: ['*'],
}

const suggestedSchemaRows: Readonly<Record<string, Row>> = {
  probes: {
    level: 'exempt',
    precedence: 2,
    subjects: everybody,
    rules: { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] },
  },
  'system-leader-election': {
    level: 'leader-election',
    precedence: 100,
    by: 'ByUser',
    subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), systemServiceAccounts],
    rules: { resourceRules: [leases(['get', 'create', 'update'])] },
  },
  'system-node-high': {
    level: 'node-high',
    precedence: 400,
    by: 'ByUser',
    subjects: groups('system:nodes'),
    rules: { resourceRules: [nodes, leases(['*'])] },
  },
  'system-nodes': { level: 'system', precedence: 500, by: 'ByUser', subjects: groups('system:nodes') },
  'kube-controller-manager': {
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: users('system:kube-controller-manager'),
  },
  'kube-scheduler': {
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: users('system:kube-scheduler'),
  },
  'kube-system-service-accounts': {
    level: 'workload-high',
    precedence: 900,
    by: 'ByNamespace',
    subjects: [systemServiceAccounts],
  },
  'service-accounts': {
    level: 'workload-low',
    precedence: 9000,
    by: 'ByUser',
    subjects: groups('system:serviceaccounts'),
  },
  'global-default': { level: 'global-default', precedence: 9900, by: 'ByUser', subjects: everybody },
}

const suggestedSchemas: Readonly<Record<string, FlowSchemaSpec>> = Object.fromEntries(
  Object.entries(suggestedSchemaRows).map(([name, { level, precedence, by, subjects, rules = allRequests }]) => [
    name,
    {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules: [{ subjects, ...rules }],
    },
  ]),
)

/** Writes the levels and schemas that every cluster has. */
export async function bootstrapPriorityAndFairness(resources: Resources): Promise<void> {
  const levels = resources.store(priorityLevelConfigurations)
  const schemas = resources.store(flowSchemas)
  await Promise.all([
    ensureAll(levels, suggestedLevels, { mandatory: false }),
    ensureAll(levels, mandatoryPriorityLevels, { mandatory: true }),
  ])
  await Promise.all([
    ensureAll(schemas, suggestedSchemas, { mandatory: false }),
    ensureAll(schemas, mandatoryFlowSchemas, { mandatory: true }),
  ])
  await removeDangling(schemas, { ...suggestedSchemas, ...mandatoryFlowSchemas })
  await removeDangling(levels, { ...suggestedLevels, ...mandatoryPriorityLevels })
}

/** Puts back what was deleted or changed, where that is not the administrator's to decide. */
export async function keepPriorityAndFairness(
  resources: Resources,
  { clock, logger, signal }: FollowOptions,
): Promise<void> {
  while (!signal.aborted)
    try {
      await clock.sleep(checkEvery, signal)
      await bootstrapPriorityAndFairness(resources)
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'cannot keep the priority and fairness configuration')
    }
}

type Configured = FlowSchema | PriorityLevelConfiguration

const ensureAll = async <T extends Configured>(
  store: Store<T>,
  specs: Readonly<Record<string, T['spec']>>,
  options: { mandatory: boolean },
): Promise<void> => {
  await Promise.all(Object.entries(specs).map(([name, spec]) => ensureOne(store, { name, spec, ...options })))
}

interface Wanted<Spec> {
  name: string
  spec: Spec
  /** Whatever anybody says, it is as it is here. */
  mandatory: boolean
}

async function ensureOne<T extends Configured>(store: Store<T>, wanted: Wanted<T['spec']>): Promise<void> {
  const { name, spec } = wanted
  const current = await find(store, { name })
  if (!current) {
    const metadata = { name, annotations: { [autoUpdateSpec]: 'true' } }
    const { group, version, kind } = store.definition
    await ensure(store, { apiVersion: `${group}/${version}`, kind, metadata, spec } as unknown as T)
    return
  }
  if (!revise(current, wanted)) return
  try {
    await store.update({ name }, (latest = current) => {
      revise(latest, wanted)
      return latest
    })
  } catch (error) {
    // Somebody changes it right now: it will be looked at again.
    if (!isConflict(error) && !isNotFound(error) && !isAlreadyExists(error)) throw error
  }
}

/** Brings an object to what it should be; says whether that changed it. The annotation tells whose its spec is. */
function revise<T extends Configured>(object: T, { spec, mandatory }: Wanted<T['spec']>): boolean {
  const annotation = object.metadata.annotations?.[autoUpdateSpec]
  // An object without a word on it is the server's as long as nobody changed it.
  const ours =
    mandatory ||
    (annotation === 'true' || annotation === 'false' ? annotation === 'true' : object.metadata.generation === 1)
  const wrongAnnotation = annotation !== String(ours)
  const wrongSpec = ours && !sameSpec(object, spec)
  if (wrongAnnotation) object.metadata.annotations = { ...object.metadata.annotations, [autoUpdateSpec]: String(ours) }
  if (wrongSpec) object.spec = structuredClone(spec)
  return wrongAnnotation || wrongSpec
}

/** The shares of the exempt level may be anybody's. */
function sameSpec(object: Configured, spec: Configured['spec']): boolean {
  const shown = 'exempt' in object.spec && 'exempt' in spec ? { ...object.spec, exempt: spec.exempt } : object.spec
  return semanticallyEqual(shown, spec)
}

/** What an older version brought, and this one does not, goes, unless somebody made it theirs. */
async function removeDangling<T extends Configured>(
  store: Store<T>,
  wanted: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const entry of (await store.list()).entries) {
    if (Object.hasOwn(wanted, entry.name)) continue
    if (entry.object().metadata.annotations?.[autoUpdateSpec] !== 'true') continue
    await store.delete({ name: entry.name }).catch((error) => {
      if (!isNotFound(error)) throw error
    })
  }
}

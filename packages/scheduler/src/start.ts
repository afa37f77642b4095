import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { type Client, createClient, createInformerFactory, loadInClusterConfig, loadKubeconfig } from '@tandem/client'
import { createDelegatedAuth } from '@tandem/client/delegated-auth/delegated-auth'
import { createEventRecorder } from '@tandem/client/events/event-recorder'
import { withoutManagedFields } from '@tandem/client/informer/factory'
import { runLeaderElection } from '@tandem/client/leader-election/leader-election'
import type { ComponentContext, RunningComponent, StartComponent } from '@tandem/component-base'
import { serveHealth } from '@tandem/component-base/health/server'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import { Nominator } from './cache/nominator.ts'
import { SchedulerCache } from './cache/scheduler-cache.ts'
import { WatchedObjects } from './cache/watched-objects.ts'
import { readProfiles } from './config/configuration.ts'
import { ignoring } from './config/ignored-resources.ts'
import { pluginsOf, withBinders } from './config/profile.ts'
import { namespaceHandler, nodeHandler, podHandler } from './event-handlers.ts'
import { readExtenders } from './extenders/configuration.ts'
import { Extender } from './extenders/extender.ts'
import { Extenders } from './extenders/extenders.ts'
import { Framework } from './framework/framework.ts'
import type { Plugin } from './framework/plugin.ts'
import { defaultPlugins } from './framework/profile.ts'
import { schedulerMetrics } from './metrics.ts'
import type { SchedulerFlagValues } from './options.ts'
import { SchedulingQueue } from './queue/scheduling-queue.ts'
import { type Profile, Scheduler } from './scheduler.ts'

/** The profile that pods without a wish are given to. */
const defaultScheduler = 'default-scheduler'

export interface SchedulerStartOptions extends Partial<SchedulerFlagValues> {
  /** Instead of a kubeconfig: for composed clusters and tests. */
  client?: Client
  /** Instead of the default ones, or beside them. */
  plugins?: readonly Plugin[]
}

export const startScheduler: StartComponent<SchedulerStartOptions> = async (options, context) => {
  const { logger, clock } = context
  const client = options.client ?? (await clientOf(options.kubeconfig))
  const metrics = createMetrics({ process: options.client === undefined })
  const informers = createInformerFactory({ client, clock, logger, transform: withoutManagedFields })
  const objects = new WatchedObjects(informers, clock)
  const configuredExtenders = readExtenders(options.extenders)
  const extenders = new Extenders(
    configuredExtenders.map((configuration) => new Extender(configuration)),
    logger,
  )
  const ignored = configuredExtenders.flatMap(({ managedResources }) =>
    managedResources.flatMap(({ name, ignoredByScheduler }) => (ignoredByScheduler ? [name] : [])),
  )
  const profiles = new Map(
    readProfiles(options.profiles, options['scheduler-name'] ?? defaultScheduler).map((configuration) => {
      const name = configuration.schedulerName
      const recorder = createEventRecorder({ client, clock, logger, component: name })
      const profile: Profile = {
        name,
        framework: new Framework({
          plugins: withBinders(
            pluginsOf(ignoring(configuration, ignored), options.plugins ?? defaultPlugins),
            extenders.binders,
          ),
          handle: { client, clock, recorder, objects },
        }),
        recorder,
        percentageOfNodesToScore:
          configuration.percentageOfNodesToScore ?? options['percentage-of-nodes-to-score'] ?? 0,
      }
      return [name, profile] as const
    }),
  )
  const [anyProfile] = profiles.values()
  if (!anyProfile) throw new TypeError('there is no profile')
  const profileOf = ({ spec }: Pod): Profile => profiles.get(spec.schedulerName ?? defaultScheduler) ?? anyProfile
  const frameworks = [...profiles.values()].map(({ framework }) => framework)
  const cache = new SchedulerCache()
  // Others treated it as if it were on its node.
  const nominator = new Nominator((pod) => queue.moveAll({ event: 'AssignedPodDelete', pod }))
  const queue = new SchedulingQueue({
    clock,
    // The same in all of them.
    sort: anyProfile.framework.sort,
    preEnqueue: ({ pod }) => profileOf(pod).framework.preEnqueue(pod),
    isWokenBy: (plugin, event) => frameworks.some((framework) => framework.isWokenBy(plugin, event)),
    mayHelp: (plugin, pod, change) => profileOf(pod.pod).framework.mayHelp(plugin, pod, change),
    initialBackoffMs: (options['pod-initial-backoff-seconds'] ?? 1) * 1000,
    maxBackoffMs: (options['pod-max-backoff-seconds'] ?? 10) * 1000,
  })
  const podInformer = informers.informer(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })
  const nodeInformer = informers.informer(nodes)
  const namespaceInformer = informers.informer(namespaces)
  const scheduler = new Scheduler({
    profileOf,
    cache,
    nominator,
    queue,
    extenders,
    client,
    clock,
    logger,
    metrics: schedulerMetrics(metrics, () => queue),
    currentPod: ({ metadata: { namespace, name } }) => podInformer.get({ namespace, name }),
  })
  const isOurs = ({ spec }: Pod): boolean => profiles.has(spec.schedulerName ?? defaultScheduler)
  const stopWaiting = (key: string) => scheduler.stopWaiting(key, 'removed')
  const handlerOptions = { cache, queue, nominator, stopWaiting, isOurs }
  namespaceInformer.addHandler(namespaceHandler(handlerOptions))
  nodeInformer.addHandler(nodeHandler(handlerOptions))
  podInformer.addHandler(podHandler(handlerOptions))
  const read = frameworks.flatMap(({ plugins }) => [...plugins].flatMap(({ reads = [] }) => reads))
  objects.index(frameworks.flatMap(({ plugins }) => [...plugins].flatMap(({ indexes = [] }) => indexes)))
  objects.watch(new Set(read), (change) => queue.moveAll(change))

  const health = await serve(options, {
    client,
    context,
    metrics,
    synced: () => podInformer.hasSynced && nodeInformer.hasSynced && objects.hasSynced,
  })
  const stopping = new AbortController()
  informers.start()
  const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }))
  const synced = [namespaceInformer.synced, nodeInformer.synced, podInformer.synced, objects.synced]
  await Promise.race([Promise.all(synced), stopped])

  const lead = async (signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', () => queue.close(), { once: true })
    if (signal.aborted) queue.close()
    await scheduler.run()
  }
  const done = (async () => {
    if (!(options['leader-elect'] ?? true)) return lead(stopping.signal)
    await runLeaderElection({
      client,
      clock,
      logger,
      lease: {
        namespace: options['leader-elect-resource-namespace'] ?? 'kube-system',
        name: options['leader-elect-resource-name'] ?? 'kube-scheduler',
      },
      identity: `${hostname()}_${randomUUID()}`,
      leaseDurationMs: options['leader-elect-lease-duration'] ?? 15_000,
      renewDeadlineMs: options['leader-elect-renew-deadline'] ?? 10_000,
      retryPeriodMs: options['leader-elect-retry-period'] ?? 2_000,
      signal: stopping.signal,
      lead,
      onNewLeader: (identity) => logger.info({ identity }, 'new leader elected'),
    })
  })()
  // Whoever awaits `done` is told; nobody may.
  done.catch(() => undefined)

  const stop = async (): Promise<void> => {
    stopping.abort()
    queue.close()
    await done.catch(() => undefined)
    await Promise.all([informers.stop(), health?.close()])
    await Promise.all([...profiles.values()].map(({ recorder }) => recorder.flush()))
    if (!options.client) await client.close()
  }
  let stopOnce: Promise<void> | undefined
  return {
    name: 'tandem-scheduler',
    done,
    stop() {
      stopOnce ??= stop()
      return stopOnce
    },
  } satisfies RunningComponent
}

const clientOf = async (kubeconfig: string | undefined): Promise<Client> =>
  createClient(kubeconfig ? await loadKubeconfig(kubeconfig) : await loadInClusterConfig())

interface ServeOptions {
  client: Client
  context: ComponentContext
  metrics: ReturnType<typeof createMetrics>
  synced: () => boolean
}

/** Health for everyone, metrics for whom the API server lets read them. No port, no server: in a composed process. */
async function serve(options: SchedulerStartOptions, { client, context, metrics, synced }: ServeOptions) {
  const port = options['secure-port']
  if (port === undefined || (port === 0 && options.client)) return undefined
  const auth = createDelegatedAuth({ client, clock: context.clock })
  const certificate = options['tls-cert-file']
  const key = options['tls-private-key-file']
  return serveHealth({
    port,
    host: options['bind-address'],
    tls:
      certificate && key
        ? { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
        : 'self-signed',
    ready: [
      {
        name: 'informers-sync',
        check: () => {
          if (!synced()) throw new Error('informers are not synced')
        },
      },
    ],
    metrics,
    async authorize({ headers }) {
      const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
      const user = token && (await auth.authenticate(token))
      return user
        ? (await auth.authorize(user, { nonResourceAttributes: { path: '/metrics', verb: 'get' } })).allowed
        : false
    },
  })
}

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { localPathDirectoryAnnotation } from '@tandem/api/core/v1/local-path'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { secrets } from '@tandem/api/core/v1/secret'
import { services } from '@tandem/api/core/v1/service'
import type { Node } from '@tandem/api/core/v1/types'
import { quantityMilliValue, quantityValue, subtractQuantities } from '@tandem/apimachinery'
import { createClient, createInformerFactory, loadKubeconfig } from '@tandem/client'
import { createEventRecorder } from '@tandem/client/events/event-recorder'
import type { Clock, ComponentContext, RunningComponent } from '@tandem/component-base'
import { serveHealth } from '@tandem/component-base/health/server'
import Docker from 'dockerode'
import { CgroupManager } from './cgroups/cgroup-manager.ts'
import { parseCgroupRoot } from './cgroups/names.ts'
import { cpuSharesOf } from './cgroups/resources.ts'
import { DockerRuntime } from './container-runtime/docker/docker-runtime.ts'
import { CsiVolumes } from './csi/csi-volumes.ts'
import { CsiDrivers } from './csi/drivers.ts'
import { DeviceManager } from './devices/device-manager.ts'
import { Directories } from './directories.ts'
import { DraDrivers } from './dynamic-resources/dra-drivers.ts'
import { DynamicResources } from './dynamic-resources/dynamic-resources.ts'
import { PreparedClaims } from './dynamic-resources/prepared-claims.ts'
import { DiskMeter } from './eviction/disk-meter.ts'
import { nodeEvictions } from './eviction/node-evictions.ts'
import { NodeObserver } from './eviction/node-observer.ts'
import { CredentialProviders, readCredentialProviders } from './images/credential-providers.ts'
import { ImageCollector } from './images/image-collector.ts'
import { ImageManager } from './images/image-manager.ts'
import { Admission } from './lifecycle/admission.ts'
import { HookRunner } from './lifecycle/hook-runner.ts'
import { allContainers } from './lifecycle/pod-containers.ts'
import { PodEvents } from './lifecycle/pod-events.ts'
import { runtimeHandlers } from './lifecycle/runtime-handler.ts'
import { StatusManager } from './lifecycle/status-manager.ts'
import { LogKeeper } from './logs/log-keeper.ts'
import { kubeletMetrics } from './metrics.ts'
import { CniNetwork, defaultBinaryDirectories } from './network/cni-network.ts'
import { NodeNetwork } from './network/node-network.ts'
import { type DnsConfig, parseResolvConf } from './network/resolv-conf.ts'
import { allocatableOf, capacityOf, diskUse, readMachine } from './node-status/machine.ts'
import { keepNodeLease } from './node-status/node-lease.ts'
import { NodeStatusManager } from './node-status/node-status-manager.ts'
import { podReferences } from './objects/pod-references.ts'
import { WatchedObjects } from './objects/watched-objects.ts'
import type { KubeletOptions } from './options.ts'
import { PodWorkers } from './pod-worker/pod-workers.ts'
import type { PodServices } from './pod-worker/services.ts'
import { Probes } from './probes/probe-manager.ts'
import { startServer } from './server/server.ts'
import { ManifestFiles } from './static-pods/manifest-files.ts'
import { MirrorPods } from './static-pods/mirror-pods.ts'
import { CgroupReader } from './stats/cgroup-reader.ts'
import { StatsProvider } from './stats/stats-provider.ts'
import { ClaimedVolumes } from './volumes/claimed-volumes.ts'
import { plugins } from './volumes/index.generated.ts'
import { LocalPathDirectory } from './volumes/local-path-directory.ts'
import { LocalPathRemoval } from './volumes/local-path-removal.ts'
import { TokenCache } from './volumes/token-cache.ts'
import { VolumeManager } from './volumes/volume-manager.ts'

const repairInterval = 60_000
/** Upstream's image garbage collection period. */
const imageCollectionInterval = 5 * 60_000

export interface RunningKubelet extends RunningComponent {
  /** Where the kubelet's own server listens. */
  readonly port: number
}

/** Starts the node agent: resolves when the node is registered and pods are being worked on. */
export async function startKubelet(options: KubeletOptions, context: ComponentContext): Promise<RunningKubelet> {
  const { logger, clock } = context
  const stopping = new AbortController()
  const { signal } = stopping
  const directories = new Directories(options.rootDir, options.podLogDir)
  mkdirSync(directories.pods, { recursive: true, mode: 0o750 })

  const config = await loadKubeconfig(options.kubeconfig)
  const client = createClient({ ...config, userAgent: 'kubelet' }, clock)
  const informers = createInformerFactory({ client, clock, logger })
  const recorder = createEventRecorder({ client, clock, logger, component: 'kubelet', host: options.nodeName })
  const events = new PodEvents(recorder)

  const machine = readMachine(options.rootDir)
  const capacity = capacityOf(machine, options.capacity, options.maxPods)
  const allocatable = allocatableOf(capacity, options.systemReserved, options.eviction.thresholds)

  // What evictions keep free is free within this limit: they come before the kernel does.
  const podsMemory = quantityValue(subtractQuantities(capacity.memory ?? '0', options.systemReserved.memory ?? '0'))

  const nodeNetwork = new NodeNetwork({
    bridge: options.bridgeName,
    clusterName: options.clusterName,
    chainPrefix: options.chainPrefix,
    routedCidrs: options.routedCidrs,
    clusterCIDR: options.clusterCIDR,
    stateDirectory: directories.cniAddresses,
    mtu: options.mtu,
    logger,
  })
  const network = new CniNetwork({
    stateDirectory: directories.cniResults,
    binaryDirectories: options.cniBinDirs ?? defaultBinaryDirectories(),
    network: () => nodeNetwork.list,
    ...(options.hostPortAddress ? { hostPortAddress: options.hostPortAddress } : {}),
  })
  const runtime = new DockerRuntime({
    docker: new Docker({ socketPath: options.dockerSocket }),
    scope: { cluster: options.clusterName, node: options.nodeName },
    network,
    clock,
    logger,
  })

  const objectChanged = (kind: 'configMaps' | 'secrets') => (key: string) => {
    for (const pod of workers.pods)
      if (podReferences(pod)[kind].has(key)) workers.worker(pod.metadata.uid)?.objectsChanged()
  }
  const configMapObjects = new WatchedObjects({
    resource: configMaps,
    client,
    clock,
    logger,
    onChange: objectChanged('configMaps'),
  })
  const secretObjects = new WatchedObjects({
    resource: secrets,
    client,
    clock,
    logger,
    onChange: objectChanged('secrets'),
  })
  const configMap = (namespace: string, name: string) => configMapObjects.get({ namespace, name })
  const secret = (namespace: string, name: string) => secretObjects.get({ namespace, name })
  const tokens = new TokenCache({ client, clock })
  const serviceInformer = informers.informer(services)
  const nodeInformer = informers.informer(nodes, { fieldSelector: `metadata.name=${options.nodeName}` })
  const podInformer = informers.informer(pods, { fieldSelector: `spec.nodeName=${options.nodeName}` })

  const cgroupRoot = parseCgroupRoot(options.cgroupRoot)
  const cgroups = new CgroupManager({ root: cgroupRoot, driver: options.cgroupDriver, logger })
  const probes = new Probes({ runtime, events, clock, onChange: (uid) => workers.worker(uid)?.notify() })
  const { providerConfig, providerBinDir, parallelPulls } = options.imagePulls
  const providers =
    providerConfig === undefined
      ? undefined
      : new CredentialProviders({
          providers: readCredentialProviders(providerConfig, providerBinDir),
          binDir: providerBinDir,
          clock,
          logger,
        })
  const images = new ImageManager({ runtime, events, clock, secret, providers, parallelPulls })
  const imageCollector = new ImageCollector({
    runtime,
    record: join(options.rootDir, 'pulled-images.json'),
    diskUse: () => diskUse(options.rootDir),
    limits: options.imageGC,
    inUse: () =>
      new Set(workers.pods.flatMap((pod) => [...allContainers(pod)].map(({ container }) => container.image ?? ''))),
    clock,
    logger,
  })
  images.onPulled = (image) => imageCollector.pulled(image)
  const mirrors = new MirrorPods({
    client,
    pods: podInformer,
    node: () => nodeInformer.get({ name: options.nodeName }),
    clock,
    logger,
    signal,
  })
  const localPath = new LocalPathDirectory(directories.localPath)
  const admission = new Admission({
    node: () => nodeInformer.get({ name: options.nodeName }),
    allocatable: () => ({ ...allocatable, ...devices.allocatable }),
    pods: () => workers.occupying,
    allowedSysctls: options.allowedUnsafeSysctls,
    isEnding: ({ metadata }) => workers.worker(metadata.uid)?.isEnding ?? true,
    preempt: (pod, end) => workers.worker(pod.metadata.uid)?.end(end),
    events,
    onPreemption: (resource) => preemptionCount.inc({ preemption_signal: resource }),
  })
  const devices = new DeviceManager({
    directory: directories.devicePlugins,
    onChange: () => nodeStatus.report(),
    clock,
    logger,
  })
  const draDrivers = new DraDrivers({ directory: directories.pluginRegistry, clock, logger, signal })
  const prepared = new PreparedClaims(directories.preparedClaims)
  const dynamicResources = new DynamicResources({ client, drivers: draDrivers, prepared, logger })
  const logs = new LogKeeper({ runtime, directories, limits: options.containerLogs, logger })
  const drivers = new CsiDrivers({
    client,
    nodeName: options.nodeName,
    directory: directories.pluginRegistry,
    clock,
    logger,
    signal,
  })
  const csi = new CsiVolumes({ drivers, client, directories, nodeName: options.nodeName, clock })
  const podServices: PodServices = {
    runtime,
    logs,
    devices,
    dynamicResources,
    status: new StatusManager({ client, clock, logger, signal, mirrorOf: (pod) => mirrors.mirrorOf(pod) }),
    events,
    images,
    volumes: new VolumeManager({
      plugins,
      directories,
      claims: new ClaimedVolumes({ client, clock }),
      node: () => nodeInformer.get({ name: options.nodeName }),
      context: {
        csi,
        localPath,
        configMap,
        secret,
        serviceAccountToken: (request) => tokens.get(request),
        nodeAllocatable: () => allocatable,
      },
    }),
    cgroups,
    probes,
    hooks: new HookRunner({ runtime, clock }),
    directories,
    objects: { configMap, secret, services: () => serviceInformer.list() },
    node: {
      hostIPs: () => [options.nodeIP],
      allocatable: () => allocatable,
      memoryBytes: quantityValue(capacity.memory ?? '0'),
      dns: { servers: options.clusterDNS, domain: options.clusterDomain },
      hostDns: () => readHostDns(options.resolvConf),
    },
    clock,
    logger,
    runtimeHandler: runtimeHandlers(client),
    refusal: (pod) => admission.refusal(pod),
    admit: (pod) => evictions.refusal(pod) ?? admission.admit(pod) ?? devices.reserve(pod),
  }
  const workers = new PodWorkers({
    services: podServices,
    pods: podInformer,
    mirrors,
    signal,
    onChange(active) {
      const references = active.map(podReferences)
      configMapObjects.retain(new Set(references.flatMap(({ configMaps }) => [...configMaps])))
      secretObjects.retain(new Set(references.flatMap(({ secrets }) => [...secrets])))
      void cgroups.updateClasses(active)
      if (!workers.isComplete) return
      const uids = new Set([...active, ...workers.occupying].map(({ metadata }) => metadata.uid))
      devices.retain(uids)
      dynamicResources.retain(uids)
    },
  })

  const metrics = kubeletMetrics({ nodeName: options.nodeName, pods: () => workers.pods })
  const cgroupReader = new CgroupReader({ driver: options.cgroupDriver })
  const stats = new StatsProvider({
    nodeName: options.nodeName,
    root: cgroupRoot,
    reader: cgroupReader,
    // What runs in a static pod is told of its mirror alone.
    pods: () => workers.pods.map((pod) => ({ ...pod, status: (mirrors.mirrorOf(pod) ?? pod).status })),
    capacity: {
      cpus: quantityMilliValue(capacity.cpu ?? '0') / 1000,
      memoryBytes: quantityValue(capacity.memory ?? '0'),
    },
    rootDir: options.rootDir,
    clock,
  })
  const nodeEvent = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    const name = options.nodeName
    const uid = nodeInformer.get({ name })?.metadata.uid ?? name
    recorder.record({ object: { apiVersion: 'v1', kind: 'Node', name, uid }, type, reason, message })
  }
  const preemptionCount = metrics.counter({
    name: 'kubelet_preemptions',
    help: 'Cumulative number of pod preemptions by preemption resource',
    labels: ['preemption_signal'],
  })
  const observer = new NodeObserver({
    runtime,
    reader: cgroupReader,
    root: cgroupRoot,
    directories,
    disks: new DiskMeter(clock),
    memory: { capacity: quantityValue(capacity.memory ?? '0'), pods: podsMemory },
    diskShare: options.capacity['ephemeral-storage'] ? quantityValue(options.capacity['ephemeral-storage']) : undefined,
  })
  const evictions = nodeEvictions({
    settings: options.eviction,
    observer,
    workers,
    events,
    metrics,
    reclaimDisk: () => imageCollector.removeUnused(),
    onAttempt: (resource) => nodeEvent('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`),
    onConditions: () => nodeStatus.report(),
    clock,
    logger,
    signal,
  })
  const server = await startServer({ options, workers, runtime, client, metrics, stats, clock, logger })
  const health =
    options.healthzPort === undefined ? undefined : await serveHealth({ port: options.healthzPort, metrics })
  const nodeStatus = new NodeStatusManager({
    client,
    runtime,
    facts: {
      name: options.nodeName,
      ip: options.nodeIP,
      port: server.port,
      machine,
      capacity,
      allocatable,
      runtimeVersion: await runtime.version().then(
        ({ containerRuntimeVersion }) => containerRuntimeVersion,
        () => 'docker://Unknown',
      ),
      labels: options.nodeLabels,
      annotations: { [localPathDirectoryAnnotation]: localPath.root },
      taints: options.registerWithTaints,
    },
    networkError: () => nodeNetwork.error,
    devices: () => devices,
    volumesInUse: () => csi.inUse,
    pressure: () => evictions.conditions,
    onEvent: (reason) => nodeEvent('Normal', reason, `Node ${options.nodeName} status is now: ${reason}`),
    updateFrequency: options.nodeStatusUpdateFrequency,
    clock,
    logger,
    signal,
  })
  await cgroups.setUp({
    cpuShares: cpuSharesOf(quantityMilliValue(allocatable.cpu ?? '0')),
    memoryLimit: podsMemory,
  })

  const manifests =
    options.podManifestPath === undefined
      ? undefined
      : new ManifestFiles({
          path: options.podManifestPath,
          nodeName: options.nodeName,
          checkFrequency: options.fileCheckFrequency,
          clock,
          logger,
          onChange: (pods) => workers.setStaticPods(pods),
        })
  await devices.start()
  await draDrivers.start()
  workers.listen()
  await manifests?.start()
  informers.start()
  const node = await nodeStatus.register()
  void keepNodeLease({ client, node, durationSeconds: options.nodeLeaseDurationSeconds, clock, logger, signal })
  recorder.record({
    object: { ...node, apiVersion: 'v1', kind: 'Node' },
    type: 'Normal',
    reason: 'Starting',
    message: 'Starting kubelet.',
  })

  // Before the first report of a node that has its range: told once that the node is not ready, others take its pods out of Services.
  await nodeNetwork.setPodCIDRs(podCIDRsOf(node))
  const takeNode = (node: Node): void => {
    void nodeNetwork.setPodCIDRs(podCIDRsOf(node)).then(() => nodeStatus.report())
  }
  nodeInformer.addHandler({
    added(node) {
      takeNode(node)
      mirrors.syncAll()
    },
    updated: takeNode,
    deleted: () => nodeStatus.report(),
  })
  csi.onInUse = () => nodeStatus.report()
  nodeStatus.run()
  void evictions.run()
  repeat(clock, signal, repairInterval, () => nodeNetwork.repair())
  repeat(clock, signal, imageCollectionInterval, () => imageCollector.collect())
  await Promise.all([serviceInformer.synced, nodeInformer.synced])
  await drivers.start()
  await workers.start()
  const removals = new LocalPathRemoval({
    directory: localPath,
    client,
    nodeName: options.nodeName,
    inUse: (volume) => podServices.volumes.inUse(volume),
    clock,
    logger,
    signal,
  })
  const removeVolumes = (node: Node): void => removals.follow(node)
  nodeInformer.addHandler({ added: removeVolumes, updated: removeVolumes })
  logger.info({ node: options.nodeName, port: server.port }, 'kubelet started')

  let finish: (() => void) | undefined
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    stopping.abort()
    manifests?.stop()
    workers.stop()
    devices.stop()
    probes.stop()
    configMapObjects.stop()
    secretObjects.stop()
    await Promise.all([informers.stop(), logs.stop(), server.close(), health?.close(), recorder.flush()])
    await client.close()
    finish?.()
  }
  return {
    name: 'kubelet',
    port: server.port,
    done,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

const podCIDRsOf = ({ spec }: Node): string[] => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])

function repeat(clock: Clock, signal: AbortSignal, interval: number, work: () => Promise<void>): void {
  clock.after(interval, () => {
    if (signal.aborted) return
    void work().finally(() => repeat(clock, signal, interval, work))
  })
}

function readHostDns(path: string): DnsConfig {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'))
  } catch {
    return { servers: [], searches: [], options: [] }
  }
}

import { exponentialBuckets, type Metrics } from '@tandem/component-base/metrics/metrics'

const family = ['ip_family'] as const
const buckets = exponentialBuckets(0.001, 2, 15)

/** Upstream's metrics of a proxy in iptables mode. */
export function proxyMetrics(metrics: Metrics, pendingServices: () => number) {
  metrics.gauge({
    name: 'kubeproxy_sync_proxy_rules_service_changes_pending',
    help: 'Pending proxy rules Service changes',
    collect: (gauge) => gauge.set(pendingServices()),
  })
  return {
    sync: metrics.histogram({
      name: 'kubeproxy_sync_proxy_rules_duration_seconds',
      help: 'SyncProxyRules latency in seconds',
      labels: family,
      buckets,
    }),
    fullSync: metrics.histogram({
      name: 'kubeproxy_sync_full_proxy_rules_duration_seconds',
      help: 'SyncProxyRules latency in seconds for full resyncs',
      labels: family,
      buckets,
    }),
    partialSync: metrics.histogram({
      name: 'kubeproxy_sync_partial_proxy_rules_duration_seconds',
      help: 'SyncProxyRules latency in seconds for partial resyncs',
      labels: family,
      buckets,
    }),
    networkProgramming: metrics.histogram({
      name: 'kubeproxy_network_programming_duration_seconds',
      help: 'In Cluster Network Programming Latency in seconds',
      labels: family,
      buckets: [0.25, 0.5, ...Array.from({ length: 59 }, (_, index) => index + 1), 60, 90, 120, 180, 240, 300],
    }),
    lastSync: metrics.gauge({
      name: 'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
      help: 'The last time proxy rules were successfully synced',
      labels: family,
    }),
    lastQueued: metrics.gauge({
      name: 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
      help: 'The last time a sync of proxy rules was queued',
      labels: family,
    }),
    serviceChanges: metrics.counter({
      name: 'kubeproxy_sync_proxy_rules_service_changes_total',
      help: 'Cumulative proxy rules Service changes',
    }),
    endpointChanges: metrics.counter({
      name: 'kubeproxy_sync_proxy_rules_endpoint_changes_total',
      help: 'Cumulative proxy rules Endpoint changes',
    }),
    restoreFailures: metrics.counter({
      name: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
      help: 'Cumulative proxy iptables restore failures',
      labels: family,
    }),
    rules: metrics.gauge({
      name: 'kubeproxy_sync_proxy_rules_iptables_total',
      help: 'Total number of iptables rules owned by kube-proxy',
      labels: ['table', 'ip_family'],
    }),
    rulesLastSync: metrics.gauge({
      name: 'kubeproxy_sync_proxy_rules_iptables_last',
      help: 'Number of iptables rules written by kube-proxy in last sync',
      labels: ['table', 'ip_family'],
    }),
    withoutLocalEndpoints: metrics.gauge({
      name: 'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
      help: 'Number of services with a Local traffic policy and no endpoints',
      labels: ['traffic_policy', 'ip_family'],
    }),
    conntrackSync: metrics.histogram({
      name: 'kubeproxy_conntrack_reconciler_sync_duration_seconds',
      help: 'ReconcileConntrackFlowsLatency latency in seconds',
      labels: family,
      buckets,
    }),
    conntrackDeleted: metrics.counter({
      name: 'kubeproxy_conntrack_reconciler_deleted_entries_total',
      help: 'Cumulative conntrack flows deleted by conntrack reconciler',
      labels: family,
    }),
    healthz: metrics.counter({
      name: 'kubeproxy_proxy_healthz_total',
      help: 'Cumulative proxy healthz HTTP status',
      labels: ['code'],
    }),
  }
}

export type ProxyMetrics = ReturnType<typeof proxyMetrics>

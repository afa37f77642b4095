import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { DnsAnswer, DnsQuery } from './message.ts'

const types = new Set(['A', 'AAAA', 'SRV', 'PTR', 'TXT', 'CNAME', 'SOA', 'NS', 'MX', 'ANY'])

/** CoreDNS's metrics of queries. */
export function dnsMetrics(metrics: Metrics, domain: string) {
  const requests = metrics.counter({
    name: 'coredns_dns_requests_total',
    help: 'Counter of DNS requests made per zone, protocol and type.',
    labels: ['zone', 'proto', 'type'],
  })
  const responses = metrics.counter({
    name: 'coredns_dns_responses_total',
    help: 'Counter of response status codes.',
    labels: ['zone', 'rcode'],
  })
  const duration = metrics.histogram({
    name: 'coredns_dns_request_duration_seconds',
    help: 'Histogram of the time (in seconds) each request took per zone.',
    labels: ['zone'],
    buckets: [
      0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096,
    ],
  })
  return (query: DnsQuery, { rcode }: DnsAnswer, seconds: number): void => {
    const { name, type } = query.question
    const zone = name.toLowerCase().endsWith(domain) ? `${domain}.` : '.'
    requests.inc({ zone, proto: query.protocol, type: types.has(type) ? type : 'other' })
    responses.inc({ zone, rcode })
    duration.observe({ zone }, seconds)
  }
}

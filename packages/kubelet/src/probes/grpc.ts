import { Client, status as code, credentials } from '@grpc/grpc-js'
import type { ProbeOutcome } from './probe.ts'

const method = '/grpc.health.v1.Health/Check'
const serving = 1
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

export interface GrpcProbe {
  address: string
  port: number
  service: string
  signal: AbortSignal
}

/** Asks the standard gRPC health service. Its two messages have one field each, so they are written and read by hand. */
export function probeGrpc({ address, port, service, signal }: GrpcProbe): Promise<ProbeOutcome> {
  const host = address.includes(':') ? `[${address}]` : address
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
    'grpc.primary_user_agent': 'kube-probe/1.36',
  })
  return new Promise<ProbeOutcome>((resolve, reject) => {
    const call = client.makeUnaryRequest(method, encodeRequest, decodeStatus, service, (error, status) => {
      if (!error)
        resolve({
          healthy: status === serving,
          output:
            status === serving ? 'service healthy' : `service unhealthy (responded with "${statusNames[status ?? 0]}")`,
        })
      else if (error.code === code.UNIMPLEMENTED)
        resolve({
          healthy: false,
          output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`,
        })
      else if (error.code === code.UNAVAILABLE)
        resolve({
          healthy: false,
          output: `error: failed to connect service at "${host}:${port}": ${error.details}`,
        })
      else resolve({ healthy: false, output: `error: health rpc probe failed: ${error.message}` })
    })
    signal.addEventListener(
      'abort',
      () => {
        call.cancel()
        reject(signal.reason)
      },
      { once: true },
    )
  }).finally(() => client.close())
}

/** Field 1, a string. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
}

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)])

/** Field 1, an enumeration; absent means 0. */
const decodeStatus = (message: Buffer): number => (message[0] === 0x08 ? (message[1] ?? 0) : 0)

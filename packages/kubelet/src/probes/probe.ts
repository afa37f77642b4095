import { connect } from 'node:net'
import type { Container, Probe } from '@tandem/api/core/v1/types'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'
import { httpGet } from './http-get.ts'
import { resolvePort } from './port.ts'

export interface ProbeAttempt {
  probe: Probe
  container: Container
  containerId: string
  podIP: string | undefined
  runtime: ContainerRuntime
}

export interface ProbeOutcome {
  healthy: boolean
  /** Good enough, and worth an event all the same. */
  warning?: boolean
  output: string
}

const defaultTimeout = 1

/** Asks a container once. An answer that is bad and no answer in time are both failures, told apart by their output. */
export async function attemptProbe(attempt: ProbeAttempt): Promise<ProbeOutcome> {
  const seconds = attempt.probe.timeoutSeconds ?? defaultTimeout
  const timeout = AbortSignal.timeout(seconds * 1000)
  try {
    return await ask(attempt, timeout)
  } catch (error) {
    if (timeout.aborted) return { healthy: false, output: timeoutText(attempt, seconds) }
    return { healthy: false, output: error instanceof Error ? error.message : String(error) }
  }
}

async function ask(
  { probe, container, containerId, podIP, runtime }: ProbeAttempt,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  if (probe.exec) {
    const { exitCode, output } = await runtime.execSync(containerId, { command: probe.exec.command ?? [], signal })
    return { healthy: exitCode === 0, output }
  }
  if (probe.httpGet) {
    const host = probe.httpGet.host || podIP || ''
    const port = resolvePort(probe.httpGet.port, container)
    const { status, body, redirected } = await httpGet({
      action: probe.httpGet,
      host,
      port,
      userAgent: 'kube-probe/1.36',
      signal,
    })
    if (redirected)
      return { healthy: true, warning: true, output: `Probe terminated redirects, Response body: ${body}` }
    if (status >= 200 && status < 400) return { healthy: true, output: body }
    return { healthy: false, output: `HTTP probe failed with statuscode: ${status}` }
  }
  if (probe.tcpSocket) {
    const host = probe.tcpSocket.host || podIP || ''
    await connects({ host, port: resolvePort(probe.tcpSocket.port, container), signal })
    return { healthy: true, output: '' }
  }
  if (probe.grpc) {
    // Few pods ask for it, and a client of gRPC is large.
    const { probeGrpc } = await import('./grpc.ts')
    return probeGrpc({ address: podIP ?? '', port: probe.grpc.port, service: probe.grpc.service ?? '', signal })
  }
  return { healthy: true, output: '' }
}

/** What a probe without an answer in time says, in the words of the client that upstream uses for it. */
function timeoutText({ probe, container, podIP }: ProbeAttempt, seconds: number): string {
  if (probe.exec) return `command timed out: "${(probe.exec.command ?? []).join(' ')}" timed out after ${seconds}s`
  if (probe.httpGet) {
    const { scheme = 'HTTP', path = '/', host, port } = probe.httpGet
    const url = `${scheme.toLowerCase()}://${host || podIP}:${resolvePort(port, container)}${path}`
    return `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
  }
  if (probe.grpc)
    return `timeout: failed to connect service "${podIP}:${probe.grpc.port}" within ${seconds}s: context deadline exceeded`
  const { host, port = 0 } = probe.tcpSocket ?? {}
  return `dial tcp ${host || podIP}:${resolvePort(port, container)}: i/o timeout`
}

const connects = ({ host, port, signal }: { host: string; port: number; signal: AbortSignal }): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const aborted = () => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', aborted, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', aborted)
      socket.destroy()
      resolve()
    })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', aborted)
      const refused = 'code' in error && error.code === 'ECONNREFUSED'
      reject(new Error(`dial tcp ${host}:${port}: ${refused ? 'connect: connection refused' : error.message}`))
    })
  })

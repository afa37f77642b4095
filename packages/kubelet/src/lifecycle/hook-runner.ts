import type { Container, HTTPGetAction, LifecycleHandler, Pod } from '@tandem/api/core/v1/types'
import type { Clock } from '@tandem/component-base'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'
import { httpGet } from '../probes/http-get.ts'
import { resolvePort } from '../probes/port.ts'

export interface Hook {
  pod: Pod
  container: Container
  containerId: string
  handler: LifecycleHandler
  podIP: string | undefined
  signal?: AbortSignal
}

/** A postStart or preStop hook did not do its work. */
export class HookError extends Error {
  readonly code = 'LifecycleHook'
}

/** Runs postStart and preStop hooks inside or against a container. */
export class HookRunner {
  readonly #runtime: ContainerRuntime
  readonly #clock: Clock

  constructor({ runtime, clock }: { runtime: ContainerRuntime; clock: Clock }) {
    this.#runtime = runtime
    this.#clock = clock
  }

  /** Rejects with HookError, or with the signal's reason on abort. */
  async run({ container, containerId, handler, podIP, signal }: Hook): Promise<void> {
    if (handler.exec) {
      const command = handler.exec.command ?? []
      const { exitCode, output } = await this.#runtime.execSync(containerId, { command, ...(signal && { signal }) })
      if (exitCode !== 0) throw new HookError(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`)
    } else if (handler.httpGet) {
      await this.#get(handler.httpGet, { container, podIP, signal })
    } else if (handler.sleep) {
      await this.#clock.sleep(handler.sleep.seconds * 1000, signal)
    } else if (handler.tcpSocket) {
      // Kept in the API for old objects; upstream runs nothing for it.
      throw new HookError('invalid handler: tcpSocket')
    }
  }

  async #get(
    action: HTTPGetAction,
    { container, podIP, signal }: { container: Container; podIP: string | undefined; signal: AbortSignal | undefined },
  ): Promise<void> {
    const host = action.host ?? podIP
    if (!host) throw new HookError('failed to find networking container: no pod IP')
    const { status, body } = await httpGet({
      action,
      host,
      port: resolvePort(action.port, container),
      userAgent: 'kube-lifecycle/1.36',
      ...(signal && { signal }),
    })
    if (status >= 400) throw new HookError(`HTTP hook answered ${status}: ${body}`)
  }
}

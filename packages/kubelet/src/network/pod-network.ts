import type { PodIdentity, PortMapping } from '../container-runtime/runtime.ts'

/** Wires sandboxes of runtimes that do not call CNI themselves. */
export interface PodNetwork {
  /** Gives a sandbox its interface and addresses; throws until the node has a pod CIDR. */
  add(request: AddRequest): Promise<string[]>
  /** Takes them back. Repeatable, also for a sandbox whose namespace is gone. */
  remove(sandboxId: string): Promise<void>
  /** The addresses given to a sandbox, also by an earlier run of the kubelet. */
  addresses(sandboxId: string): string[]
}

export interface AddRequest {
  sandboxId: string
  /** Path of the network namespace. */
  namespace: string
  pod: PodIdentity
  portMappings: readonly PortMapping[]
  bandwidth?: { ingress?: number; egress?: number }
}

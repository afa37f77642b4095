import { execFileSync } from 'node:child_process'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js'
import { type Method, type NodeInfo, node, nodeCapability, registration } from '../../src/csi/messages.ts'

export interface DriverOptions {
  name: string
  registry: string
  /** Where the volumes lie, a directory each. */
  disk: string
  capabilities: readonly (keyof typeof nodeCapability)[]
  maxVolumesPerNode?: number
}

export interface TestDriver {
  /** What was asked of it, in order. */
  readonly calls: { method: string; request: Record<string, unknown> }[]
  readonly registered: Promise<{ pluginRegistered: boolean; error: string }>
  /** Refuses calls of that method from now on; undefined takes them again. */
  refuse(method: string | undefined): void
  stop(): Promise<void>
}

const isMounted = (path: string): boolean => {
  try {
    execFileSync('mountpoint', ['-q', path])
    return true
  } catch {
    return false
  }
}
const bind = (from: string, to: string): void => {
  mkdirSync(from, { recursive: true })
  mkdirSync(to, { recursive: true })
  if (!isMounted(to)) execFileSync('mount', ['--bind', from, to])
}
const release = (path: string): void => {
  if (isMounted(path)) execFileSync('umount', [path])
  try {
    rmdirSync(path)
  } catch {
    // Gone already: unpublishing twice is no error.
  }
}

/** A CSI driver as drivers are: a gRPC server at a socket, which has directories for volumes and registers itself. */
export async function startDriver(options: DriverOptions): Promise<TestDriver> {
  const { name, registry, disk, capabilities, maxVolumesPerNode = 0 } = options
  const calls: TestDriver['calls'] = []
  let refused: string | undefined
  let tell: (status: { pluginRegistered: boolean; error: string }) => void = () => {}
  const registered = new Promise<{ pluginRegistered: boolean; error: string }>((resolve) => {
    tell = resolve
  })
  const server = new Server()
  const serve = <Request extends object, Response extends object>(
    method: Method<Request, Response>,
    answer: (request: Request) => Response,
  ): void => {
    const short = method.path.split('/').at(-1) ?? ''
    const definition: ServiceDefinition = {
      [short]: {
        path: method.path,
        requestStream: false,
        responseStream: false,
        requestDeserialize: method.decodeRequest,
        requestSerialize: method.encode,
        responseSerialize: method.encodeResponse,
        responseDeserialize: method.decode,
      },
    }
    server.addService(definition, {
      [short]: (call: { request: Request }, callback: (error: object | null, response?: Response) => void) => {
        calls.push({ method: short, request: call.request as Record<string, unknown> })
        if (refused === short) callback({ code: status.INTERNAL, details: `${short} is refused` })
        else callback(null, answer(call.request))
      },
    })
  }
  const socket = join(registry, `${name}-reg.sock`)
  serve(registration.getInfo, () => ({ type: 'CSIPlugin', name, endpoint: '', supportedVersions: ['1.0.0'] }))
  serve(registration.notify, (status) => {
    tell(status)
    return {}
  })
  const info: NodeInfo = {
    nodeId: 'disk-1',
    maxVolumesPerNode,
    accessibleTopology: { segments: { [`topology.${name}/disk`]: 'one' } },
  }
  serve(node.getInfo, () => info)
  serve(node.getCapabilities, () => ({
    capabilities: capabilities.map((capability) => ({ rpc: { type: nodeCapability[capability] } })),
  }))
  serve(node.stage, ({ volumeId, stagingTargetPath }) => {
    bind(join(disk, volumeId), stagingTargetPath)
    return {}
  })
  serve(node.publish, ({ volumeId, stagingTargetPath, targetPath, volumeContext }) => {
    bind(stagingTargetPath || join(disk, volumeId), targetPath)
    writeFileSync(join(targetPath, 'context.json'), JSON.stringify(volumeContext))
    return {}
  })
  serve(node.unpublish, ({ targetPath }) => {
    release(targetPath)
    return {}
  })
  serve(node.unstage, ({ stagingTargetPath }) => {
    release(stagingTargetPath)
    return {}
  })
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  )
  return {
    calls,
    registered,
    refuse(method) {
      refused = method
    },
    async stop() {
      server.forceShutdown()
      await rm(socket, { force: true })
    },
  }
}

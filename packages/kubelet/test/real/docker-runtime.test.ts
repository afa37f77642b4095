import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, systemClock } from '@tandem/component-base'
import Docker from 'dockerode'
import t from 'tap'
import { DockerRuntime } from '../../src/container-runtime/docker/docker-runtime.ts'
import { containerRuntimeSuite } from '../../src/container-runtime/testing/suite.ts'
import { bridgeNetwork } from '../../src/network/cni-config.ts'
import { CniNetwork, defaultBinaryDirectories } from '../../src/network/cni-network.ts'
import { importBusybox, removeHostTraces } from './image.ts'

const tag = `kr${randomBytes(3).toString('hex')}`
const directory = await mkdtemp(join(tmpdir(), `${tag}-`))
const docker = new Docker()
const podCIDRs = [`10.223.${16 + Math.floor(Math.random() * 200)}.0/24`]
const list = bridgeNetwork({ name: tag, bridge: tag, podCIDRs, stateDirectory: join(directory, 'addresses') })
const stateDirectory = join(directory, 'network')
const network = new CniNetwork({ stateDirectory, binaryDirectories: defaultBinaryDirectories(), network: () => list })
const scope = { cluster: tag, node: 'n1' }

await containerRuntimeSuite({
  test: (name, run) => t.test(name, run),
  setUp: async () => ({
    runtime: new DockerRuntime({ docker, scope, network, clock: systemClock, logger: silentLogger }),
    image: await importBusybox(directory, `${tag}:1`),
    cgroupParent: `/${tag}/kubepods/besteffort/podsuite`,
  }),
  async tearDown() {
    await docker.getImage(`${tag}:1`).remove({ force: true })
    removeHostTraces(tag)
    await rm(directory, { recursive: true, force: true })
  },
})

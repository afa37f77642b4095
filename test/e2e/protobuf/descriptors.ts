import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import protobuf from 'protobufjs'
import 'protobufjs/ext/descriptor.js'
import { kubectlBinary } from '../kubectl.ts'

/** How Go's programs begin a compressed file of descriptors. */
const gzip = Buffer.from('1f8b08000000000002ff', 'hex')

/** Field 1 of a FileDescriptorSet: one file. */
const fileTag = (1 << 3) | 2

/** Upstream's own descriptors of Kubernetes' messages: the last kubectl that carries them has them among its constants. */
export function upstreamMessages(): protobuf.Root {
  const program = readFileSync(kubectlBinary('1.34'))
  const set = protobuf.Writer.create()
  for (let at = program.indexOf(gzip); at >= 0; at = program.indexOf(gzip, at + 1))
    set.uint32(fileTag).bytes(inflateRawSync(program.subarray(at + gzip.length)))
  return protobuf.Root.fromDescriptor(set.finish())
}

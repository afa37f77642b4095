import { PassThrough, type Readable, Writable } from 'node:stream'

const headerBytes = 8
const stderrStream = 2

/**
 * Takes apart the engine's framing of stdout and stderr: an eight-byte header (stream, three zeros, length), then the bytes.
 * A reader that is slow holds the source back.
 */
export function demultiplex(source: Readable): { stdout: Readable; stderr: Readable } {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const header = Buffer.alloc(headerBytes)
  let headerFilled = 0
  let remaining = 0
  let target = stdout

  const splitter = new Writable({
    write(chunk: Buffer, _encoding, done) {
      let slow: PassThrough | undefined
      let offset = 0
      while (offset < chunk.length) {
        if (remaining === 0) {
          const taken = chunk.copy(header, headerFilled, offset, offset + headerBytes - headerFilled)
          headerFilled += taken
          offset += taken
          if (headerFilled < headerBytes) break
          headerFilled = 0
          remaining = header.readUInt32BE(4)
          target = header[0] === stderrStream ? stderr : stdout
        } else {
          const part = chunk.subarray(offset, offset + remaining)
          offset += part.length
          remaining -= part.length
          if (!target.write(part)) slow = target
        }
      }
      // A reader that has gone away must not stop the other stream.
      if (slow && !slow.destroyed) waitFor(slow, done)
      else done()
    },
    final(done) {
      stdout.end()
      stderr.end()
      done()
    },
  })
  const end = () => splitter.end()
  source.on('error', end).on('close', end)
  source.pipe(splitter)
  return { stdout, stderr }
}

function waitFor(slow: PassThrough, done: () => void): void {
  const go = () => {
    slow.off('drain', go)
    slow.off('close', go)
    done()
  }
  slow.on('drain', go)
  slow.on('close', go)
}

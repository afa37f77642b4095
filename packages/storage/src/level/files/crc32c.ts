const polynomial = 0x82f63b78

/** Four tables, so that four bytes are taken at a time. */
const tables = (() => {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
  const all = [first]
  for (let n = 1; n < 4; n++) {
    const before = all[n - 1] as Uint32Array
    all.push(before.map((value) => (value >>> 8) ^ (first[value & 0xff] as number)))
  }
  return all as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
})()

/** The checksum of LevelDB's files, Castagnoli's, masked as LevelDB writes it: a checksum over checksums is a poor one. */
export function maskedCrc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff
  for (const part of parts) crc = extend(crc, part)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function extend(start: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = tables
  let crc = start
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    const b = bytes as unknown as number[]
    crc ^=
      (b[at] as number) | ((b[at + 1] as number) << 8) | ((b[at + 2] as number) << 16) | ((b[at + 3] as number) << 24)
    crc =
      (t3[crc & 0xff] as number) ^
      (t2[(crc >>> 8) & 0xff] as number) ^
      (t1[(crc >>> 16) & 0xff] as number) ^
      (t0[crc >>> 24] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return crc
}

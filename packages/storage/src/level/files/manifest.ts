import { Reader } from './varint.ts'

/** What a manifest's records come to. */
export interface Manifest {
  /** Logs with this number or a higher one are not yet in a table. */
  logNumber: number
  /** Size of each table in use, by its number. */
  tables: Map<number, number>
}

/** Every field of a record, by its tag. */
const fields: Record<number, (reader: Reader, manifest: Manifest) => void> = {
  1: (reader) => reader.sized(),
  2: (reader, manifest) => {
    manifest.logNumber = reader.varint()
  },
  3: (reader) => reader.varint(),
  4: (reader) => reader.varint(),
  5: (reader) => {
    reader.varint()
    reader.sized()
  },
  6: (reader, { tables }) => {
    reader.varint()
    tables.delete(reader.varint())
  },
  7: (reader, { tables }) => {
    reader.varint()
    tables.set(reader.varint(), reader.varint())
    reader.sized()
    reader.sized()
  },
  9: (reader) => reader.varint(),
}

/** Throws RangeError on a record that is none. */
export function readManifest(records: readonly Buffer[]): Manifest {
  const manifest: Manifest = { logNumber: 0, tables: new Map() }
  for (const record of records) {
    const reader = new Reader(record)
    while (!reader.done) {
      const field = fields[reader.varint()]
      if (!field) throw new RangeError('an unknown field')
      field(reader, manifest)
    }
  }
  return manifest
}

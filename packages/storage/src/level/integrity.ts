import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { FormatError } from '../errors.ts'
import { readLogFile } from './files/log-file.ts'
import { type Manifest, readManifest } from './files/manifest.ts'
import { findTableDamage, isTableEnd } from './files/table-file.ts'

/** `quick` reads what is small: the manifest, the logs and the ends of the tables. `deep` reads everything. */
export type IntegrityCheck = 'quick' | 'deep'

const numbered = (number: number, kind: string): string => `${String(number).padStart(6, '0')}.${kind}`
const numberOf = (name: string): number => Number.parseInt(name, 10)
const dataFile = /^\d+\.(ldb|sst|log)$|^MANIFEST-/
const firstManifest = 'MANIFEST-000001'

/**
 * Looks at LevelDB's files before LevelDB does: of a damaged log it silently leaves out what it cannot read, a missing one it does not
 * miss, and where CURRENT is gone it begins anew and deletes the rest. Throws a FormatError that names the file; changes nothing
 * but what a power cut leaves and LevelDB would refuse: a torn end of the manifest, and a database that was only being made.
 */
export function checkFiles(directory: string, check: IntegrityCheck): void {
  const damage = (file: string, what: string): FormatError =>
    new FormatError(
      `${directory} is damaged: ${file} ${what}; nothing was changed. Put a backup in its place with tandem restore`,
    )
  if (existsSync(directory) && isUnborn(directory)) removeUnborn(directory)
  const names = existsSync(directory) ? readdirSync(directory) : []
  const data = names.filter((name) => dataFile.test(name))
  if (!names.includes('CURRENT')) {
    if (data.length > 0) throw damage('CURRENT', 'is missing')
    return
  }
  const manifest = currentManifest(directory, damage)
  for (const [number, size] of manifest.tables) {
    const file = [numbered(number, 'ldb'), numbered(number, 'sst')].find((name) => names.includes(name))
    if (!file) throw damage(numbered(number, 'ldb'), 'is missing')
    checkTable(join(directory, file), { size, check, damage: (what) => damage(file, what) })
  }
  const live = names.filter((name) => name.endsWith('.log') && numberOf(name) >= manifest.logNumber)
  if (manifest.logNumber > 0 && !live.includes(numbered(manifest.logNumber, 'log')))
    throw damage(numbered(manifest.logNumber, 'log'), 'is missing')
  for (const file of live) {
    const { damaged, tornAt } = readLogFile(readFileSync(join(directory, file)))
    if (damaged) throw damage(file, `is unreadable at byte ${tornAt}, and goes on behind that`)
  }
}

/**
 * A power cut came while the database was being made: LevelDB makes a first manifest, which it does not sync, and at once a second, which
 * CURRENT names for good before the first write is acknowledged.
 */
function isUnborn(directory: string): boolean {
  const names = readdirSync(directory)
  if (names.some((name) => /^\d+\.(ldb|sst)$/.test(name))) return false
  const manifests = names.filter((name) => name.startsWith('MANIFEST-'))
  if (!names.includes('CURRENT')) return manifests.length > 0 && manifests.every((name) => name === firstManifest)
  return readFileSync(join(directory, 'CURRENT'), 'utf8').trim() === firstManifest
}

/** LevelDB, which begins anew where CURRENT is missing, would read what is left of a log. */
function removeUnborn(directory: string): void {
  for (const name of readdirSync(directory))
    if (name === 'CURRENT' || dataFile.test(name)) rmSync(join(directory, name))
}

function currentManifest(directory: string, damage: (file: string, what: string) => FormatError): Manifest {
  const file = readFileSync(join(directory, 'CURRENT'), 'utf8').trim()
  if (!/^MANIFEST-\d+$/.test(file)) throw damage('CURRENT', 'names no manifest')
  const path = join(directory, file)
  if (!existsSync(path)) throw damage(file, 'is missing')
  const { records, tornAt, damaged } = readLogFile(readFileSync(path))
  if (damaged || records.length === 0) throw damage(file, `is unreadable at byte ${tornAt ?? 0}`)
  const manifest = readable(records, () => damage(file, 'has a record that is none'))
  if (tornAt === undefined) return manifest
  // Files that an edit makes superfluous are deleted once the edit is on the disk: while they are all there, it never was.
  const complete = [...manifest.tables.keys()].every((number) => existsSync(join(directory, numbered(number, 'ldb'))))
  if (!complete || !existsSync(join(directory, numbered(manifest.logNumber, 'log'))))
    throw damage(file, `is unreadable at byte ${tornAt}`)
  truncateSync(path, tornAt)
  return manifest
}

function readable(records: readonly Buffer[], damage: () => FormatError): Manifest {
  try {
    return readManifest(records)
  } catch (error) {
    if (error instanceof RangeError) throw damage()
    throw error
  }
}

function checkTable(
  path: string,
  { size, check, damage }: { size: number; check: IntegrityCheck; damage(what: string): FormatError },
): void {
  const file = openSync(path, 'r')
  try {
    const found = fstatSync(file).size
    if (found !== size) throw damage(`has ${found} bytes where it had ${size}`)
    const end = Buffer.alloc(8)
    readSync(file, end, 0, end.length, size - end.length)
    if (!isTableEnd(end)) throw damage('does not end as a table does')
    if (check === 'quick') return
    const wrong = findTableDamage(readFileSync(path))
    if (wrong) throw damage(`is damaged: ${wrong}`)
  } finally {
    closeSync(file)
  }
}

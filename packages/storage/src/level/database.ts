import { mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { FormatError, LockedError, NoSpaceError } from '../errors.ts'
import { checkFiles, type IntegrityCheck } from './integrity.ts'
import { checkRecords } from './record-check.ts'
import { formatVersion } from './records.ts'

export type Database = Level<string, Buffer>
export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string }

const ownerFile = (directory: string): string => join(directory, 'owner.pid')

/** Opens the directory for this process alone, and makes sure that this version can read what is in it. */
export async function openDatabase(directory: string, check: IntegrityCheck = 'quick'): Promise<Database> {
  // Secrets lie here as they are.
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database: Database = new Level(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    cacheSize: 8 << 20,
    writeBufferSize: 8 << 20,
  })
  // Whoever holds it changes its files meanwhile.
  if (!ownerOf(directory)) checkFiles(directory, check)
  try {
    await database.open()
  } catch (error) {
    throw translateOpen(error, directory)
  }
  try {
    await checkFormat(database, directory)
    if (check === 'deep') await checkRecords(database)
  } catch (error) {
    await database.close()
    throw error
  }
  writeFileSync(ownerFile(directory), `${process.pid}\n`)
  return database
}

export async function closeDatabase(database: Database): Promise<void> {
  rmSync(ownerFile(database.location), { force: true })
  await database.close()
}

/** Has LevelDB rewrite its files without what was deleted. The type of `level`, which also runs in browsers, does not know of it. */
export async function reclaim(database: Database): Promise<void> {
  const { compactRange } = database as Database & { compactRange?(start: string, end: string): Promise<void> }
  await compactRange?.call(database, 'a', 'z')
}

async function checkFormat(database: Database, directory: string): Promise<void> {
  const found = await database.get('m:format')
  if (found === undefined) {
    const [any] = await database.keys({ limit: 1 }).all()
    if (any !== undefined) throw new FormatError(`${directory} holds a database that is not Tandem's`)
    return database.put('m:format', Buffer.from(String(formatVersion)), { sync: true })
  }
  if (found.toString() !== String(formatVersion)) {
    throw new FormatError(
      `${directory} holds data of format ${found}, and this version of Tandem reads format ${formatVersion}`,
    )
  }
}

function translateOpen(error: unknown, directory: string): unknown {
  const cause = error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined
  if (cause?.code === 'LEVEL_LOCKED') {
    const owner = ownerOf(directory)
    return new LockedError(`${directory} is in use by ${owner ? `process ${owner}` : 'another process'}`, { cause })
  }
  if (cause?.code === 'LEVEL_CORRUPTION' || cause?.code === 'LEVEL_INVALID_ARGUMENT') {
    return new FormatError(`${directory} cannot be read: ${cause.message}`, { cause })
  }
  return isNoSpace(cause) ? new NoSpaceError(`no space left in ${directory}`, { cause }) : error
}

export function translateWrite(error: unknown, directory: string): unknown {
  return isNoSpace(error) ? new NoSpaceError(`no space left in ${directory}`, { cause: error }) : error
}

const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && /no space left|quota exceeded/i.test(error.message)

/** The process that has the directory open: after a crash the owner file stays, the lock does not, and the pid may be another's. */
export function ownerOf(directory: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(ownerFile(directory), 'utf8'), 10)
    process.kill(pid, 0)
    return holdsLock(pid, directory) ? pid : undefined
  } catch {
    return undefined
  }
}

function holdsLock(pid: number, directory: string): boolean {
  const lock = join(realpathSync(directory), 'LOCK')
  const descriptors = `/proc/${pid}/fd`
  return readdirSync(descriptors).some((descriptor) => targetOf(join(descriptors, descriptor)) === lock)
}

/** Undefined when it was closed meanwhile. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(descriptor)
  } catch {
    return undefined
  }
}

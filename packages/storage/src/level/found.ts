import type { Mark, Retention } from './compactor.ts'
import type { Database } from './database.ts'
import { lastHead } from './history.ts'

/** What a database that is opened says of itself. */
export interface Found {
  revision: number
  compacted: number
  swept: number
  marks: Mark[]
}

export async function readFound(database: Database): Promise<Found> {
  const number = async (key: string) => Number((await database.get(key)) ?? 0)
  const compacted = await number('m:compacted')
  const revision = Math.max(compacted, (await lastHead(database, { after: 0 })) ?? 0)
  const marks = JSON.parse((await database.get('m:marks'))?.toString() ?? '[]') as Mark[]
  return {
    revision,
    compacted,
    swept: await number('m:swept'),
    marks: marks.filter((mark) => mark.revision >= compacted && mark.revision <= revision),
  }
}

/** What was written after the last mark was kept is not known: as much as lies between two marks is assumed. */
export const markOfStart = (at: number, revision: number, kept: Mark[], { bytes }: Retention): Mark => ({
  at,
  revision,
  bytes: kept.length > 0 && kept.at(-1)?.revision !== revision ? bytes / 20 : 0,
})

import type { Backend } from '../backend.ts'
import { ShiftedBackend } from '../shifted-backend.ts'
import { Connection } from './connection.ts'
import { EtcdBackend, type EtcdOptions } from './etcd-backend.ts'
import { KeySpace } from './key-space.ts'
import { put, range } from './messages.ts'

/** Opens what is kept in etcd, with its revisions told as they have to be where it was moved there from elsewhere. */
export async function openEtcdStore(options: EtcdOptions): Promise<Backend> {
  const backend = await EtcdBackend.open(options)
  try {
    const offset = await readOffset(options)
    return offset === 0 ? backend : new ShiftedBackend(backend, offset)
  } catch (error) {
    await backend.close()
    throw error
  }
}

export async function readOffset(options: EtcdOptions): Promise<number> {
  const connection = new Connection(options)
  try {
    const { kvs } = await connection.ask(range, { key: new KeySpace(options).offset }, { repeatable: true })
    return Number(kvs[0]?.value ?? 0)
  } finally {
    connection.close()
  }
}

export async function writeOffset(options: EtcdOptions, offset: number): Promise<void> {
  const connection = new Connection(options)
  try {
    const value = Buffer.from(String(offset))
    await connection.ask(put, { key: new KeySpace(options).offset, value }, { repeatable: true })
  } finally {
    connection.close()
  }
}

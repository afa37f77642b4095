import protobuf from 'protobufjs/light.js'
import type { KeyRange } from './key-space.ts'

/**
 * The part of etcd's v3 API that is spoken here, as facts of its wire format: the fields of each message with their types and numbers.
 * What is not named is skipped when it comes.
 */
const facts = {
  Header: 'revision int64 3',
  KeyValue: 'key bytes 1, createRevision int64 2, modRevision int64 3, version int64 4, value bytes 5, lease int64 6',
  RangeRequest: 'key bytes 1, rangeEnd bytes 2, limit int64 3, revision int64 4, keysOnly bool 8, countOnly bool 9',
  RangeResponse: 'header Header 1, kvs KeyValue[] 2, more bool 3, count int64 4',
  PutRequest: 'key bytes 1, value bytes 2, lease int64 3',
  PutResponse: 'header Header 1',
  DeleteRangeRequest: 'key bytes 1, rangeEnd bytes 2',
  DeleteRangeResponse: 'header Header 1',
  RequestOp: 'requestRange RangeRequest 1, requestPut PutRequest 2, requestDeleteRange DeleteRangeRequest 3',
  ResponseOp: 'responseRange RangeResponse 1',
  Compare: 'result int32 1, target int32 2, key bytes 3, version int64 4, modRevision int64 6',
  TxnRequest: 'compare Compare[] 1, success RequestOp[] 2, failure RequestOp[] 3',
  TxnResponse: 'header Header 1, succeeded bool 2, responses ResponseOp[] 3',
  CompactionRequest: 'revision int64 1',
  CompactionResponse: 'header Header 1',
  WatchCreateRequest:
    'key bytes 1, rangeEnd bytes 2, startRevision int64 3, progressNotify bool 4, prevKv bool 6, fragment bool 8',
  WatchRequest: 'createRequest WatchCreateRequest 1',
  Event: 'type int32 1, kv KeyValue 2, prevKv KeyValue 3',
  WatchResponse:
    'header Header 1, created bool 3, canceled bool 4, compactRevision int64 5, cancelReason string 6, fragment bool 7, events Event[] 11',
  LeaseGrantRequest: 'TTL int64 1, ID int64 2',
  LeaseGrantResponse: 'header Header 1',
  LeaseTimeToLiveRequest: 'ID int64 1',
  LeaseTimeToLiveResponse: 'header Header 1, TTL int64 3',
} as const

export interface Header {
  revision: number
}

export interface KeyValue {
  key: Buffer
  createRevision: number
  modRevision: number
  version: number
  value: Buffer
  /** 0 for none. */
  lease: number
}

export interface RangeRequest {
  key: Uint8Array
  rangeEnd?: Uint8Array
  limit?: number
  revision?: number
  keysOnly?: boolean
  countOnly?: boolean
}

export interface RangeResponse {
  header: Header
  kvs: KeyValue[]
  more: boolean
  /** Of all keys in the range, however many were asked for. */
  count: number
}

export interface PutRequest {
  key: Uint8Array
  value: Uint8Array
  lease?: number
}

export interface RequestOp {
  requestRange?: RangeRequest
  requestPut?: PutRequest
  requestDeleteRange?: Partial<KeyRange>
}

export const compareResult = { equal: 0 } as const
export const compareTarget = { version: 0, modRevision: 2 } as const

export interface Compare {
  result: number
  target: number
  key: Uint8Array
  version?: number
  modRevision?: number
}

export interface TxnRequest {
  compare: Compare[]
  success: RequestOp[]
  failure: RequestOp[]
}

export interface TxnResponse {
  header: Header
  succeeded: boolean
  responses: { responseRange: RangeResponse | null }[]
}

export interface WatchRequest {
  createRequest: {
    key: Uint8Array
    rangeEnd: Uint8Array
    startRevision: number
    progressNotify?: boolean
    prevKv?: boolean
    fragment?: boolean
  }
}

export const eventType = { put: 0, delete: 1 } as const

export interface Event {
  type: number
  kv: KeyValue
  prevKv: KeyValue | null
}

export interface WatchResponse {
  header: Header
  created: boolean
  canceled: boolean
  compactRevision: number
  cancelReason: string
  /** More of the same response follows. */
  fragment: boolean
  events: Event[]
}

/** A call of the API, with how its messages are written and read. */
export interface Method<Request, Response> {
  path: string
  encode(request: Request): Buffer
  decode(bytes: Buffer): Response
}

const types = new protobuf.Root()
for (const [name, fields] of Object.entries(facts)) {
  const type = new protobuf.Type(name)
  for (const field of fields.split(', ')) {
    const [key = '', of = '', id] = field.split(' ')
    const repeated = of.endsWith('[]')
    type.add(new protobuf.Field(key, Number(id), of.replace('[]', ''), repeated ? 'repeated' : undefined))
  }
  types.add(type)
}

function method<Request extends object, Response>(
  path: string,
  request: keyof typeof facts,
  response: keyof typeof facts,
): Method<Request, Response> {
  const requests = types.lookupType(request)
  const responses = types.lookupType(response)
  return {
    path: `/etcdserverpb.${path}`,
    encode: (message) => Buffer.from(requests.encode(message).finish()),
    // Revisions stay far below the integers that a number holds exactly.
    decode: (bytes) => responses.toObject(responses.decode(bytes), { longs: Number, defaults: true }) as Response,
  }
}

export const range = method<RangeRequest, RangeResponse>('KV/Range', 'RangeRequest', 'RangeResponse')
export const put = method<PutRequest, { header: Header }>('KV/Put', 'PutRequest', 'PutResponse')
export const txn = method<TxnRequest, TxnResponse>('KV/Txn', 'TxnRequest', 'TxnResponse')
export const compact = method<{ revision: number }, { header: Header }>(
  'KV/Compact',
  'CompactionRequest',
  'CompactionResponse',
)
export const watch = method<WatchRequest, WatchResponse>('Watch/Watch', 'WatchRequest', 'WatchResponse')
export const deleteRange = method<KeyRange, { header: Header }>(
  'KV/DeleteRange',
  'DeleteRangeRequest',
  'DeleteRangeResponse',
)
/** Seconds that are left, negative for a lease that has ended. */
export const leaseTimeToLive = method<{ ID: number }, { header: Header; TTL: number }>(
  'Lease/LeaseTimeToLive',
  'LeaseTimeToLiveRequest',
  'LeaseTimeToLiveResponse',
)
export const leaseGrant = method<{ TTL: number; ID: number }, { header: Header }>(
  'Lease/LeaseGrant',
  'LeaseGrantRequest',
  'LeaseGrantResponse',
)

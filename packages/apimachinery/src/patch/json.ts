import { set } from '../decode/decoder.ts'
import { equalJson } from '../equality.ts'
import { badRequest, requestEntityTooLarge, StatusError } from '../errors.ts'
import { isObject, type Json } from './json-object.ts'

const maxOperations = 10_000
/** Bytes that one patch may copy: unbounded, a few doublings would fill the memory. */
const maxCopiedBytes = 3 * 1024 * 1024

interface Operation {
  op?: unknown
  path?: unknown
  from?: unknown
  value?: unknown
}

/**
 * JSON patch (RFC 6902) as upstream's library reads it: what a member that is missing would be is null, indexes may count from the end,
 * and `replace` may add a member. The object is not changed. Throws badRequest for what is no patch, 422 for one that does not apply.
 */
export function applyJsonPatch<T extends object>(object: T, patch: unknown): T {
  const document: Document = { root: structuredClone(object), copied: 0 }
  for (const operation of operationsOf(patch)) apply(document, operation)
  return document.root as T
}

interface Document {
  root: unknown
  copied: number
}

function operationsOf(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw notDecoded(patch, '[]handlers.jsonPatchOp')
  if (patch.length > maxOperations)
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    )
  return patch.map((operation: unknown) => {
    if (operation === null) throw notApplicable()
    if (!isObject(operation)) throw notDecoded(operation, 'handlers.jsonPatchOp')
    return operation
  })
}

const notDecoded = (value: unknown, goType: string): StatusError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType}`)

const jsonType = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

function apply(document: Document, { op, path, from, value = null }: Operation): void {
  const verb = typeof op === 'string' && Object.hasOwn(verbs, op) ? verbs[op] : undefined
  if (!verb) throw notApplicable()
  // A patch may be applied again, to what somebody else made of the object meanwhile.
  verb(document, { path, from, value: structuredClone(value) })
}

const verbs: Readonly<Record<string, (document: Document, operation: Operation) => void>> = {
  add: (document, { path, value }) => placeOf(document, path).add(value),
  remove: (document, { path }) => placeOf(document, path).remove(),
  replace: (document, { path, value }) =>
    path === '' ? replaceRoot(document, value) : placeOf(document, path).replace(value),
  move(document, { path, from }) {
    const source = placeOf(document, from)
    const moved = source.get()
    source.remove()
    placeOf(document, path).add(moved)
  },
  copy: (document, { path, from }) => placeOf(document, path).add(copyOf(document, placeOf(document, from).get())),
  test(document, { path, value }) {
    const found = path === '' ? document.root : placeOf(document, path).get()
    if (!equalJson(found, value)) throw notApplicable()
  },
}

function replaceRoot(document: Document, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw notApplicable()
  document.root = value
}

function copyOf(document: Document, value: unknown): unknown {
  document.copied += JSON.stringify(value).length
  if (document.copied > maxCopiedBytes) throw notApplicable()
  return structuredClone(value)
}

/** One member of an object or one index of a list, there or not. */
interface Place {
  get(): unknown
  add(value: unknown): void
  replace(value: unknown): void
  remove(): void
}

function placeOf(document: Document, pointer: unknown): Place {
  if (typeof pointer !== 'string') throw notApplicable()
  const [, ...keys] = pointer.split('/').map(unescaped)
  const last = keys.pop()
  if (last === undefined) throw notApplicable()
  const parent = keys.reduce((container, key) => placeIn(container, key).get(), document.root)
  return placeIn(parent, last)
}

/** `~1` stands for a slash and `~0` for a tilde. */
const unescaped = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~')

function placeIn(container: unknown, key: string): Place {
  if (Array.isArray(container)) return placeInList(container, key)
  if (isObject(container)) return placeInObject(container, key)
  throw notApplicable()
}

const placeInObject = (object: Json, key: string): Place => ({
  get: () => (Object.hasOwn(object, key) ? object[key] : null),
  add: (value) => set(object, key, value),
  replace: (value) => set(object, key, value),
  remove() {
    if (!Object.hasOwn(object, key)) throw notApplicable()
    delete object[key]
  },
})

const placeInList = (list: unknown[], key: string): Place => ({
  get: () => list[indexOf(key, list.length)],
  add(value) {
    if (key === '-') list.push(value)
    else list.splice(indexOf(key, list.length + 1), 0, value)
  },
  replace(value) {
    list[indexOf(key, list.length)] = value
  },
  remove() {
    list.splice(indexOf(key, list.length), 1)
  },
})

/** Below zero it counts from the end. */
function indexOf(key: string, length: number): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN
  if (!(index < length && index >= -length)) throw notApplicable()
  return index < 0 ? index + length : index + 0
}

/** Upstream does not tell which operation failed. */
export const notApplicable = (): StatusError =>
  new StatusError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  })

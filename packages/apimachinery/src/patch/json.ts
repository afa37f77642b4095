import { applyPatch, type Operation } from 'rfc6902'
import { badRequest, requestEntityTooLarge, StatusError } from '../errors.ts'

const maxOperations = 10_000
/** Bytes that one patch may copy over: unbounded, a few doublings would fill the memory. */
const maxCopiedBytes = 64 * 1024 * 1024
const verbs = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])

/** JSON patch (RFC 6902). The object is not changed. Throws badRequest for what is no patch, 422 for one that does not apply. */
export function applyJsonPatch<T extends object>(object: T, patch: unknown): T {
  const operations = operationsOf(patch)
  const holder = structuredClone(object)
  let copied = 0
  for (const operation of operations) {
    if (touchesPrototype(operation.path) || ('from' in operation && touchesPrototype(operation.from)))
      throw notApplicable()
    if (operation.op === 'copy') copied += sizeOf(holder)
    if (copied > maxCopiedBytes) throw notApplicable()
    if (!applies(holder, operation)) throw notApplicable()
  }
  return holder
}

function applies(object: object, operation: Operation): boolean {
  try {
    return applyPatch(object, [operation]).every((result) => result === null)
  } catch {
    return false
  }
}

const sizeOf = (object: object): number => JSON.stringify(object).length

function operationsOf(patch: unknown): Operation[] {
  if (!Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${patch === null ? 'null' : typeof patch} into Go value of type []handlers.jsonPatchOp`,
    )
  if (patch.length > maxOperations)
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    )
  return patch.map((operation: unknown) => {
    if (!isOperation(operation)) throw notApplicable()
    return operation
  })
}

function isOperation(value: unknown): value is Operation {
  if (typeof value !== 'object' || value === null) return false
  const { op, path, from } = value as Record<string, unknown>
  if (typeof op !== 'string' || !verbs.has(op) || typeof path !== 'string') return false
  return op !== 'move' && op !== 'copy' ? true : typeof from === 'string'
}

/** Names that lead out of the object into what all objects share. */
const touchesPrototype = (pointer: string): boolean => /(^|\/)(__proto__|constructor\/prototype)(\/|$)/.test(pointer)

/** Upstream does not tell which operation failed. */
export const notApplicable = (): StatusError =>
  new StatusError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  })

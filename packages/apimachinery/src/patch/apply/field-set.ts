/**
 * A set of fields in the form in which managedFields carry it (FieldsV1), a trie of path elements: `f:name` a field or a key of a map,
 * `k:{"name":"x"}` an element of a list with keys, `v:"x"` an element of a list that is a set. A node belongs to the set itself when it
 * is empty or has the entry `.`. Sets are never changed once made, so that they can be shared.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet
}

export const emptyFieldSet: FieldSet = Object.freeze({})
const self: FieldSet = emptyFieldSet

const isLeaf = (set: FieldSet): boolean => {
  for (const _ in set) return false
  return true
}

/** Does the path that led to this node belong to the set? */
export const isMember = (node: FieldSet): boolean => '.' in node || isLeaf(node)

/** Is there nothing in this set? A root cannot be a member, so that an empty one means no fields. */
export const isEmptySet = (root: FieldSet): boolean => isLeaf(root)

function has(set: FieldSet, element: string): boolean {
  return Object.hasOwn(set, element)
}

/** A node with these children, which itself is a member or not; undefined when nothing is left. */
function node(children: Record<string, FieldSet>, member: boolean): FieldSet | undefined {
  const leaf = isLeaf(children)
  if (!member) return leaf ? undefined : children
  return leaf ? self : { '.': self, ...children }
}

const orEmpty = (set: FieldSet | undefined): FieldSet => set ?? emptyFieldSet

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const children: Record<string, FieldSet> = {}
  for (const element in a) {
    const [left, right] = [a[element], b[element]]
    if (element !== '.' && left) children[element] = right && has(b, element) ? unionNode(left, right) : left
  }
  for (const element in b) {
    const right = b[element]
    if (element !== '.' && right && !has(a, element)) children[element] = right
  }
  return orEmpty(node(children, isMember(a) || isMember(b)))
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b
  return isEmptySet(b) ? a : unionNode(a, b)
}

function differenceNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const children: Record<string, FieldSet> = {}
  let changed = false
  for (const element in a) {
    const [left, right] = [a[element], b[element]]
    if (element === '.' || !left) continue
    const rest = right && has(b, element) ? differenceNode(left, right) : left
    if (rest !== left) changed = true
    if (rest) children[element] = rest
  }
  const member = isMember(a)
  const stays = member && !isMember(b)
  if (!changed && stays === member) return a
  return node(children, stays)
}

/** The fields of `a` that are not in `b`; `a` itself when there is no difference. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a
  return orEmpty(differenceRoot(a, b))
}

/** A root is no member, also when it is empty. */
function differenceRoot(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const children: Record<string, FieldSet> = {}
  let changed = false
  for (const element in a) {
    const [left, right] = [a[element], b[element]]
    if (!left) continue
    const rest = right && has(b, element) ? differenceNode(left, right) : left
    if (rest !== left) changed = true
    if (rest) children[element] = rest
  }
  return changed ? node(children, false) : a
}

function intersectionNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  return node(commonChildren(a, b), isMember(a) && isMember(b))
}

function commonChildren(a: FieldSet, b: FieldSet): Record<string, FieldSet> {
  const children: Record<string, FieldSet> = {}
  for (const element in a) {
    const [left, right] = [a[element], b[element]]
    if (element === '.' || !left || !right || !has(b, element)) continue
    const common = intersectionNode(left, right)
    if (common) children[element] = common
  }
  return children
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet => commonChildren(a, b)

/** Takes away the given paths and everything below them: what a write through a subresource may not own. */
export function without(set: FieldSet, ignored: FieldSet | undefined): FieldSet {
  if (!ignored || isEmptySet(set)) return set
  const children: Record<string, FieldSet> = {}
  for (const element in set) {
    const [child, cut] = [set[element], ignored[element]]
    if (!child) continue
    if (!cut || !has(ignored, element)) children[element] = child
    else if (!isMember(cut)) {
      const rest = without(child, cut)
      if (!isLeaf(rest)) children[element] = rest
    }
  }
  return children
}

/** Are they the same set? The order of elements does not matter. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (isMember(a) !== isMember(b)) return false
  for (const element in a) {
    const [left, right] = [a[element], b[element]]
    if (element !== '.' && left && !(right && has(b, element) && equalSets(left, right))) return false
  }
  for (const element in b) if (element !== '.' && !has(a, element)) return false
  return true
}

/** The paths in the set as upstream prints them: `.spec.containers[name="x"].image`. */
export function printPaths(set: FieldSet, prefix = ''): string[] {
  const paths: string[] = []
  for (const element of Object.keys(set).sort()) {
    const child = set[element]
    if (element === '.' || !child) continue
    const path = prefix + printElement(element)
    if (isMember(child)) paths.push(path)
    paths.push(...printPaths(child, path))
  }
  return paths
}

function printElement(element: string): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${rest}`
    case 'v':
      return `[=${rest}]`
    case 'k': {
      const keys = JSON.parse(rest) as Record<string, unknown>
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`
    }
    default:
      return `[${rest}]`
  }
}

/** As upstream writes a set: clients compare its text. A set that is in that order stays as it is. */
export const inOrder = (set: FieldSet): FieldSet => (isInOrder(set) ? set : putInOrder(set))

function isInOrder(set: FieldSet): boolean {
  let previous = ''
  for (const element in set) {
    if (element < previous || !isInOrder(set[element] ?? emptyFieldSet)) return false
    previous = element
  }
  return true
}

const putInOrder = (set: FieldSet): FieldSet =>
  Object.fromEntries(
    Object.keys(set)
      .sort()
      .map((element) => [element, inOrder(set[element] ?? emptyFieldSet)]),
  )

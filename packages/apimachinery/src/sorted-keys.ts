/** The keys of an object in the order of their text. Most objects have theirs in it already, which is cheaper to see than to make. */
export function sortedKeys(value: object): string[] {
  const keys = Object.keys(value)
  for (let index = 1; index < keys.length; index++)
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort()
  return keys
}

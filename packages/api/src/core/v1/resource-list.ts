import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  printQuantity,
  type Quantity,
  quantityMilliValue,
  quantityOfMilliValue,
} from '@tandem/apimachinery'

/** Amounts by resource name, as in `requests` and `limits`. */
export type ResourceList = Record<string, string>

/** The same, parsed: for sums and comparisons. */
export type Resources = Map<string, Quantity>

export const parseResourceList = (list: Readonly<ResourceList> | undefined): Resources =>
  new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, parseQuantity(quantity)]))

export const printResources = (resources: ReadonlyMap<string, Quantity>): ResourceList =>
  Object.fromEntries([...resources].map(([name, quantity]) => [name, printQuantity(quantity)]))

/** Adds `more` to `sum`, in place. */
export function addResources(sum: Resources, more: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of more) {
    const present = sum.get(name)
    sum.set(name, present ? addQuantities(present, quantity) : quantity)
  }
}

/** Raises each of `highest`, in place, to what `other` has of it. */
export function raiseResources(highest: Resources, other: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of other) {
    const present = highest.get(name)
    if (!present || compareQuantities(quantity, present) > 0) highest.set(name, quantity)
  }
}

const milli = 1_000_000n

/** Amounts are kept to a thousandth, rounded up. */
export function roundResourceList(list: ResourceList | undefined): void {
  for (const [name, text] of Object.entries(list ?? {})) {
    const quantity = parseQuantity(text)
    if (list && quantity.nanos % milli !== 0n)
      list[name] = printQuantity(quantityOfMilliValue(quantityMilliValue(quantity), quantity.format))
  }
}

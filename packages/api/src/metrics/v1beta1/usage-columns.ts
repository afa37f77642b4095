import { addQuantities, type Column, printQuantity, type Quantity, zeroQuantity } from '@tandem/apimachinery'

type Usage = Readonly<Record<string, string>>

/** A column for each resource that is measured, with the sum over what the object lists. */
export const usageColumns = <T>(usagesOf: (object: T) => readonly (Usage | undefined)[]): Column<T>[] =>
  ['cpu', 'memory'].map((name) => ({
    name,
    type: 'string',
    format: 'quantity',
    description: `How much ${name} is used.`,
    value: (object) =>
      printQuantity(
        usagesOf(object).reduce<Quantity>((sum, usage) => addQuantities(sum, usage?.[name] ?? '0'), zeroQuantity),
      ),
  }))

export const windowColumn: Column<{ window: string }> = {
  name: 'Window',
  type: 'string',
  format: 'duration',
  description: 'The time over which the use of CPU was measured.',
  value: ({ window }) => window ?? '',
}

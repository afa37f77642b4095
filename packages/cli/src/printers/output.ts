import { Option } from 'commander'
import { dump } from 'js-yaml'

export type OutputFormat = 'table' | 'json' | 'yaml'

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table')

/** Prints data in the format asked for; `table` is made only where it is wanted. */
export function print(format: OutputFormat, data: unknown, table: () => string): void {
  const text =
    format === 'json' ? JSON.stringify(data, undefined, 2) : format === 'yaml' ? dump(data).trimEnd() : table()
  process.stdout.write(`${text}\n`)
}

/** One line of a table: what is measured, what the target is, and what came out. */
export interface Row {
  work: string
  target: string
  figure: string
}

export interface Table {
  title: string
  rows: Row[]
}

/** Columns as wide as their widest cell. */
export function format({ title, rows }: Table): string {
  const cells = [{ work: 'work', target: 'target', figure: 'here' }, ...rows]
  const width = (column: keyof Row): number => Math.max(...cells.map((row) => row[column].length))
  const widths = { work: width('work'), target: width('target') }
  const lines = cells.map(
    ({ work, target, figure }) => `  ${work.padEnd(widths.work)}  ${target.padEnd(widths.target)}  ${figure}`,
  )
  return `${title}\n${lines.join('\n')}\n`
}

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
export const count = (value: number): string => Math.round(value).toLocaleString('en')

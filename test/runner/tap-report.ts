/** What a TAP stream has told so far: the totals of its last comment, and each file as it ends. */
export interface TapReport {
  total: number
  failed: number
}

export interface TapReader {
  /** Takes a piece of the stream as it arrives. */
  push(chunk: string): void
  /** The totals; a stream without a closing comment was cut off, and counts as one failure. */
  end(): TapReport
}

/** Tells of each file (`packages/x/test/y.test.ts`) when its line comes. */
export function readTap(fileEnded: (file: string, ok: boolean, lines: readonly string[]) => void): TapReader {
  let rest = ''
  let report: TapReport | undefined
  let lines: string[] = []
  const take = (line: string): void => {
    lines.push(line)
    const file = /^(not )?ok \d+ - (\S+\.test\.ts)/.exec(line)
    if (file) {
      fileEnded(file[2] ?? '', file[1] === undefined, lines)
      lines = []
    }
    const totals = /^# \{ total: (\d+)(?:, pass: \d+)?(?:, fail: (\d+))?/.exec(line)
    if (totals) report = { total: Number(totals[1]), failed: Number(totals[2] ?? 0) }
  }
  return {
    push(chunk) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) take(line)
    },
    end() {
      if (rest) take(rest)
      return report ?? { total: 1, failed: 1 }
    },
  }
}

/** The failing assertions of a file's lines, each with what follows it. */
export function failures(lines: readonly string[], context = 30): string[] {
  const found: string[] = []
  for (let index = 0; index < lines.length; index++) {
    if (!/^\s*not ok/.test(lines[index] ?? '')) continue
    found.push(lines.slice(index, index + context).join('\n'))
    index += context - 1
  }
  return found
}

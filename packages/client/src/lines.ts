const newline = 0x0a

/** The complete lines in each chunk of a stream, as text. A line may span chunks; an unfinished last line is dropped. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let pending: Buffer[] = []
  for await (const chunk of stream) {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const rest = chunk.subarray(start, end)
      lines.push(pending.length > 0 ? Buffer.concat([...pending, rest]).toString('utf8') : rest.toString('utf8'))
      pending = []
      start = end + 1
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
}

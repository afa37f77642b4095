import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** One system call as strace tells it. It begins and it ends, and others begin and end in between. */
export interface SystemCall {
  name: string
  /** What its first argument, a file descriptor, stands for: a path, or `socket:[…]`. */
  target: string
  /** Its arguments in quotation marks. */
  texts: Buffer[]
  /** All its arguments, as strace shows them. */
  shown: string
  result: number
}

export interface Moment {
  at: 'begin' | 'end'
  call: SystemCall
}

const calls =
  'openat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,ftruncate,truncate'

/** The command line that runs a program and writes down what it does with files. */
export const strace = (output: string): string[] => [
  'strace',
  ...['-f', '-y', '-xx', '-s', String(16 << 20), '-e', `trace=${calls}`, '-e', 'signal=none', '-o', output],
]

/** Why no program can be traced here; undefined when one can. */
export function whyNoTrace(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'needs strace (apt-get install strace) and the right to trace'
  }
}

/** What strace wrote, in order. */
export async function* readTrace(path: string): AsyncGenerator<Moment> {
  const begun = new Map<string, { call: SystemCall; head: string }>()
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const space = line.indexOf(' ')
    const thread = line.slice(0, space)
    const text = line.slice(space).trimStart()
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text)
    const open = begun.get(thread)
    if (resumed && open) {
      begun.delete(thread)
      // What it was given is shown when it began, or now.
      const call = parse(open.head + text.slice(resumed[0].length))
      if (call) yield { at: 'end', call }
    } else if (text.endsWith('<unfinished ...>')) {
      const head = text.slice(0, -'<unfinished ...>'.length)
      const call = parse(`${head}) = 0`)
      if (!call) continue
      begun.set(thread, { call, head })
      yield { at: 'begin', call }
    } else {
      const call = parse(text)
      if (!call) continue
      yield { at: 'begin', call }
      yield { at: 'end', call }
    }
  }
}

function parse(text: string): SystemCall | undefined {
  const open = text.indexOf('(')
  // Results are set in a column where there is room.
  const [equals = ''] = /\) += [^"]*$/.exec(text) ?? []
  const end = text.length - equals.length
  if (open < 1 || equals === '' || !/^\w+$/.test(text.slice(0, open))) return undefined
  const shown = text.slice(open + 1, end)
  const target = /^[^,"]*?<([^>]*)>/.exec(shown)?.[1] ?? ''
  return {
    name: text.slice(0, open),
    target: unescaped(target).toString(),
    texts: [...shown.matchAll(/"([^"]*)"/g)].map(([, quoted = '']) => unescaped(quoted)),
    shown,
    result: Number.parseInt(equals.replace(/^\) += /, ''), 10),
  }
}

/** With -xx every byte is `\x61`. */
const unescaped = (text: string): Buffer =>
  text.startsWith('\\x') ? Buffer.from(text.replaceAll('\\x', ''), 'hex') : Buffer.from(text)

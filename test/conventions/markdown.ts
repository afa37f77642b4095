import { globSync, readFileSync } from 'node:fs'

/** Every document of the repository. */
export const documents = (): string[] => globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md']).sort()

export interface CodeBlock {
  document: string
  /** Of the fence that opens it, from 1. */
  line: number
  /** What follows the fence: `sh`, `ts`, or nothing. */
  language: string
  text: string
}

export interface Section {
  document: string
  /** The heading it stands under; empty before the first. */
  heading: string
  blocks: CodeBlock[]
}

const fence = /^```(\w*)$/

/** A document's headings, each with the blocks of code that follow it. */
export function sectionsOf(document: string): Section[] {
  const sections: Section[] = [{ document, heading: '', blocks: [] }]
  let open: CodeBlock | undefined
  for (const [index, text] of readFileSync(document, 'utf8').split('\n').entries()) {
    const [marker, language = ''] = fence.exec(text) ?? []
    const heading = /^#+ (.*)/.exec(text)?.[1]
    if (open && marker) open = undefined
    else if (open) open.text += `${text}\n`
    else if (marker) {
      open = { document, line: index + 1, language, text: '' }
      sections.at(-1)?.blocks.push(open)
    } else if (heading) sections.push({ document, heading, blocks: [] })
  }
  return sections
}

export const blocksOf = (document: string): CodeBlock[] => sectionsOf(document).flatMap(({ blocks }) => blocks)

/** A document without its blocks of code, lines kept. */
export function proseOf(document: string): string {
  let inside = false
  return readFileSync(document, 'utf8')
    .split('\n')
    .map((line) => {
      const marker = fence.test(line)
      if (marker) inside = !inside
      return inside || marker ? '' : line
    })
    .join('\n')
}

/** What stands between single backticks in the prose. */
export const quotesOf = (document: string): string[] =>
  [...proseOf(document).matchAll(/`([^`\n]+)`/g)].map(([, quote = '']) => quote)

/** A block's commands: comments left out, lines that go on joined. */
export const commandsOf = ({ text }: CodeBlock): string[] =>
  text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)# .*$/, '').trim())
    .filter(Boolean)

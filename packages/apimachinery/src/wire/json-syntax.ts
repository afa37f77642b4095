const endOfInput = 'unexpected end of JSON input'

class SyntaxFault extends Error {}

/** What Go's parser says is wrong with a text that is not JSON; undefined when it finds nothing. */
export function syntaxErrorOf(text: string): string | undefined {
  try {
    const scanner = new Scanner(text)
    scanner.value()
    scanner.space()
    if (scanner.character !== undefined) scanner.refuse('after top-level value')
    return undefined
  } catch (fault) {
    if (fault instanceof SyntaxFault) return fault.message
    throw fault
  }
}

class Scanner {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  get character(): string | undefined {
    return this.#text[this.#at]
  }

  space(): void {
    while (/^[ \t\r\n]$/.test(this.character ?? '')) this.#at++
  }

  refuse(where: string): never {
    const { character } = this
    throw new SyntaxFault(character === undefined ? endOfInput : `invalid character ${shown(character)} ${where}`)
  }

  value(): void {
    this.space()
    const { character } = this
    if (character === '{') this.#object()
    else if (character === '[') this.#array()
    else if (character === '"') this.#string()
    else if (character !== undefined && /[-0-9]/.test(character)) this.#number()
    else this.#literal()
  }

  #literal(): void {
    const word = ['true', 'false', 'null'].find((candidate) => candidate[0] === this.character)
    if (!word) this.refuse('looking for beginning of value')
    for (const expected of word) {
      if (this.character !== expected) this.refuse(`in literal ${word} (expecting ${shown(expected)})`)
      this.#at++
    }
  }

  #object(): void {
    this.#at++
    this.space()
    if (this.#took('}')) return
    for (;;) {
      this.space()
      if (this.character !== '"') this.refuse('looking for beginning of object key string')
      this.#string()
      this.space()
      if (!this.#took(':')) this.refuse('after object key')
      this.value()
      this.space()
      if (this.#took('}')) return
      if (!this.#took(',')) this.refuse('after object key:value pair')
    }
  }

  #array(): void {
    this.#at++
    this.space()
    if (this.#took(']')) return
    for (;;) {
      this.value()
      this.space()
      if (this.#took(']')) return
      if (!this.#took(',')) this.refuse('after array element')
    }
  }

  #took(character: string): boolean {
    if (this.character !== character) return false
    this.#at++
    return true
  }

  #string(): void {
    this.#at++
    while (!this.#took('"')) {
      const { character } = this
      if (character === undefined || character < ' ') this.refuse('in string literal')
      this.#at++
      if (character === '\\') this.#escape()
    }
  }

  #escape(): void {
    if (this.#took('u')) {
      for (let digit = 0; digit < 4; digit++) {
        if (!/^[0-9a-fA-F]$/.test(this.character ?? '')) this.refuse('in \\u hexadecimal character escape')
        this.#at++
      }
    } else if (/^["\\/bfnrt]$/.test(this.character ?? '')) this.#at++
    else this.refuse('in string escape code')
  }

  #number(): void {
    this.#took('-')
    if (!this.#took('0')) this.#digits('in numeric literal')
    if (this.#took('.')) this.#digits('after decimal point in numeric literal')
    if (this.#took('e') || this.#took('E')) {
      if (!this.#took('+')) this.#took('-')
      this.#digits('in exponent of numeric literal')
    }
  }

  #digits(where: string): void {
    if (!/^[0-9]$/.test(this.character ?? '')) this.refuse(where)
    while (/^[0-9]$/.test(this.character ?? '')) this.#at++
  }
}

/** As Go quotes one character. */
function shown(character: string): string {
  if (character === "'") return "'\\''"
  if (character === '"') return `'"'`
  return `'${JSON.stringify(character).slice(1, -1)}'`
}

export interface KeySpaceOptions {
  /** What all keys begin with in etcd. Several clusters share one etcd by having different ones. */
  prefix: string
  /** What all keys begin with for the callers, and in place of which etcd has the prefix: nothing unless given. */
  inPlaceOf?: string | undefined
}

export interface KeyRange {
  key: Buffer
  rangeEnd: Buffer
}

/** Where keys lie in etcd. */
export class KeySpace {
  readonly #prefix: string
  readonly #inPlaceOf: string
  /** Written only so that a watch has something to tell; just before all other keys of the space. */
  readonly mark: Buffer

  constructor({ prefix, inPlaceOf = '' }: KeySpaceOptions) {
    if (!/^(\/[^/]+)+$/.test(prefix))
      throw new Error(`--etcd-prefix: ${JSON.stringify(prefix)} is not of the form /name`)
    this.#prefix = prefix
    this.#inPlaceOf = inPlaceOf
    this.mark = Buffer.from(`${prefix}.progress`)
  }

  /** Where it is written by how much revisions are told greater than they are. */
  get offset(): Buffer {
    return Buffer.from(`${this.#prefix}.revision-offset`)
  }

  /** The key as it is in etcd. */
  keyOf(key: string): Buffer {
    if (!key.startsWith(`${this.#inPlaceOf}/`)) throw new Error(`${key} does not begin with ${this.#inPlaceOf}/`)
    return Buffer.from(this.#prefix + key.slice(this.#inPlaceOf.length))
  }

  /** The caller's key; undefined for what is none, as the mark. */
  nameOf(key: Buffer): string | undefined {
    const text = key.toString()
    return text.startsWith(`${this.#prefix}/`) ? this.#inPlaceOf + text.slice(this.#prefix.length) : undefined
  }

  /** All keys that begin with the prefix and come after `after`. */
  under(prefix: string, after?: string): KeyRange {
    const start = this.keyOf(prefix)
    const next = after === undefined || after < prefix ? start : Buffer.concat([this.keyOf(after), Buffer.of(0)])
    return { key: next, rangeEnd: endOf(start) }
  }

  /** All keys of the callers. */
  get everything(): KeyRange {
    const start = Buffer.from(`${this.#prefix}/`)
    return { key: start, rangeEnd: endOf(start) }
  }

  /** Those, and what is kept beside them. */
  get all(): KeyRange {
    return { ...this.everything, key: this.mark }
  }
}

/** The first key after all that begin with this one. No byte of UTF-8 is 0xff. */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  const last = end.length - 1
  end[last] = (end[last] ?? 0) + 1
  return end
}

/** What functions do, by their signatures; the receiver comes first. */
export type Implementations = Readonly<Record<string, (...args: never[]) => unknown>>

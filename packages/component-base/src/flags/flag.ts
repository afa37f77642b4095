interface FlagBase<Type extends string, Default> {
  type: Type
  description: string
  default?: Default
  /** Where the value stands in a `--config` file, as `leaderElection.leaderElect`; the flag's name in camel case unless given. */
  config?: string
}

/** Durations are written as Go writes them (`1m30s`) and read as milliseconds. Lists are separated by commas, or the flag is repeated. */
export type Flag =
  | FlagBase<'string', string>
  | FlagBase<'int', number>
  | FlagBase<'float', number>
  | FlagBase<'bool', boolean>
  | FlagBase<'duration', string>
  | FlagBase<'list', readonly string[]>
  /** What only a `--config` file can say; who asks for it reads it. */
  | FlagBase<'structure', never>

export type Flags = Readonly<Record<string, Flag>>

interface ValueTypes {
  string: string
  int: number
  float: number
  bool: boolean
  duration: number
  list: readonly string[]
  structure: unknown
}

/** What a set of flags is read as: those with a default are always there; a bool without one is false, a list empty. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { default: unknown } | { type: 'bool' | 'list' }
    ? ValueTypes[F[Name]['type']]
    : ValueTypes[F[Name]['type']] | undefined
}

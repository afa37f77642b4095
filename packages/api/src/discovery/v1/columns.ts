const most = 3

/** The first three, and how many more there are. */
export function printed(values: readonly string[]): string {
  const shown = values.slice(0, most).join(',')
  return values.length > most ? `${shown} + ${values.length - most} more...` : shown || '<unset>'
}

/**
 * Replaces `$(NAME)` by the variable's value in commands, arguments and values of environment variables. A reference
 * to an unknown variable stays as it is, and `$$` stands for one `$`.
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  )
}

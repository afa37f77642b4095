import { runCommand } from '@tandem/netfilter'

/** Where the host has a program, or undefined. */
export const findProgram = (program: string): Promise<string | undefined> =>
  runCommand('sh', ['-c', 'command -v -- "$1"', 'sh', program]).then(
    (path) => path.trim(),
    () => undefined,
  )

export const hasProgram = async (program: string): Promise<boolean> => (await findProgram(program)) !== undefined

const named =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'

const upTo = (count: number, name: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i + 1))

/** What a container of a Linux pod may be stopped with. */
export const stopSignals: readonly string[] = [
  ...named.split(' ').map((name) => `SIG${name}`),
  'SIGRTMIN',
  ...upTo(15, (n) => `SIGRTMIN+${n}`),
  ...upTo(14, (n) => `SIGRTMAX-${n}`),
  'SIGRTMAX',
]

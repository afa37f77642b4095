/**
 * The program of every sandbox: it holds the pod's namespaces, reaps orphans where it is process 1 of a shared pid
 * namespace, and ends on SIGTERM or SIGINT. Written as machine code, so that no host needs a registry or a compiler.
 *
 * In C:  sigprocmask(SIG_BLOCK, {INT, TERM, CHLD});
 *        for (;;) switch (sigtimedwait(set, 0, 0)) { case CHLD: while (waitpid(-1, 0, WNOHANG) > 0); break;
 *                                                    case INT: case TERM: exit_group(0); }
 *
 * Blocked signals stay pending even for process 1, which ignores unblocked ones that have no handler.
 */
export type PauseArchitecture = 'amd64' | 'arm64'

const signalSet = (...signals: readonly number[]): number =>
  signals.reduce((set, signal) => set | (1 << (signal - 1)), 0)
const [SIGINT, SIGTERM, SIGCHLD] = [2, 15, 17]
const waited = signalSet(SIGINT, SIGTERM, SIGCHLD)

const loadAddress = 0x400000n
const headerBytes = 64 + 56

/** The static executable as bytes: an ELF header, one segment, the code. */
export function pauseProgram(architecture: PauseArchitecture): Buffer {
  const { machine, code } =
    architecture === 'amd64' ? { machine: 0x3e, code: amd64() } : { machine: 0xb7, code: arm64() }
  const size = BigInt(headerBytes + code.length)
  const header = Buffer.alloc(headerBytes)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0) // 64 bits, little endian, version 1
  header.writeUInt16LE(2, 16) // an executable
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(loadAddress + BigInt(headerBytes), 24) // entry
  header.writeBigUInt64LE(64n, 32) // program headers follow this header
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(1, 56) // one program header
  header.writeUInt32LE(1, 64) // load
  header.writeUInt32LE(5, 68) // read and execute
  header.writeBigUInt64LE(loadAddress, 80)
  header.writeBigUInt64LE(loadAddress, 88)
  header.writeBigUInt64LE(size, 96)
  header.writeBigUInt64LE(size, 104)
  header.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat([header, code])
}

const int32 = (value: number): number[] => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return [...bytes]
}

function amd64(): Buffer {
  const syscall = (number: number): number[] => [0xb8, ...int32(number), 0x0f, 0x05] // mov eax, number; syscall
  const clearRsi = [0x31, 0xf6]
  const clearRdx = [0x31, 0xd2]
  const block = [
    0x6a,
    0x00, // push 0
    0xc7,
    0x04,
    0x24,
    ...int32(waited), // mov dword [rsp], set
    0x31,
    0xff, // rdi = SIG_BLOCK
    0x48,
    0x89,
    0xe6, // rsi = set
    ...clearRdx,
    0x41,
    0xba,
    ...int32(8), // r10 = bytes in the set
    ...syscall(14), // rt_sigprocmask
  ]
  const wait = [
    0x48,
    0x89,
    0xe7, // rdi = set
    ...clearRsi,
    ...clearRdx,
    0x41,
    0xba,
    ...int32(8),
    ...syscall(128), // rt_sigtimedwait
  ]
  const reap = [
    0x48,
    0xc7,
    0xc7,
    ...int32(-1), // rdi = any child
    ...clearRsi,
    0xba,
    ...int32(1), // rdx = WNOHANG
    0x45,
    0x31,
    0xd2, // r10 = no usage
    ...syscall(61), // wait4
    0x85,
    0xc0, // test eax, eax
  ]
  const exit = [0x31, 0xff, ...syscall(231)] // exit_group(0)

  // wait: …; cmp eax, CHLD; je reap; test eax, eax; jle wait; exit; reap: …; jg reap; jmp wait
  const afterWait = [0x83, 0xf8, SIGCHLD, 0x74, 0, 0x85, 0xc0, 0x7e, 0]
  const reapAt = wait.length + afterWait.length + exit.length
  afterWait[4] = reapAt - (wait.length + 5)
  afterWait[8] = 256 - (wait.length + afterWait.length)
  const again = [0x7f, 256 - (reap.length + 2), 0xeb, 0]
  again[3] = 256 - (reapAt + reap.length + again.length)
  return Buffer.from([...block, ...wait, ...afterWait, ...exit, ...reap, ...again])
}

function arm64(): Buffer {
  const register = (number: number): number => number & 31
  const move = (target: number, value: number): number => (0xd2800000 | (value << 5) | register(target)) >>> 0 // movz
  const moveHigh = (target: number, value: number): number => (0xf2a00000 | (value << 5) | register(target)) >>> 0 // movk, lsl 16
  const moveMinusOne = (target: number): number => (0x92800000 | register(target)) >>> 0 // movn
  const stackTo = (target: number): number => (0x910003e0 | register(target)) >>> 0 // mov xN, sp
  const supervisorCall = 0xd4000001
  const syscall = (number: number): number[] => [move(8, number), supervisorCall]
  const compare = (value: number): number => (0x7100001f | (value << 10)) >>> 0 // cmp w0, value
  const branch = (offset: number): number => (0x14000000 | (offset & 0x3ffffff)) >>> 0
  const branchIf = (condition: number, offset: number): number =>
    (0x54000000 | ((offset & 0x7ffff) << 5) | condition) >>> 0
  const [equal, greater, lessOrEqual] = [0x0, 0xc, 0xd]

  const block = [
    0xd10043ff, // sub sp, sp, 16
    move(9, waited & 0xffff),
    moveHigh(9, waited >>> 16),
    0xf90003e9, // str x9, [sp]
    move(0, 0),
    stackTo(1),
    move(2, 0),
    move(3, 8),
    ...syscall(135), // rt_sigprocmask
  ]
  const wait = [stackTo(0), move(1, 0), move(2, 0), move(3, 8), ...syscall(137)] // rt_sigtimedwait
  const exit = [move(0, 0), ...syscall(94)] // exit_group
  const reap = [moveMinusOne(0), move(1, 0), move(2, 1), move(3, 0), ...syscall(260), compare(0)] // wait4
  const reapAt = wait.length + 4 + exit.length
  const loop = [
    ...wait,
    compare(SIGCHLD),
    branchIf(equal, reapAt - (wait.length + 1)),
    compare(0),
    branchIf(lessOrEqual, -(wait.length + 3)),
    ...exit,
    ...reap,
    branchIf(greater, -reap.length),
    branch(-(reapAt + reap.length + 1)),
  ]
  const code = Buffer.alloc((block.length + loop.length) * 4)
  for (const [index, instruction] of [...block, ...loop].entries()) code.writeUInt32LE(instruction, index * 4)
  return code
}

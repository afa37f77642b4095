import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * Pipes its own input and output to a port of the loopback interface it finds itself with. It ends with the connection: a process
 * cannot close its standard output and live on.
 */
const relay = `const s=require('node:net').connect({host:'localhost',port:+process.argv[1],allowHalfOpen:true});
s.on('error',e=>{process.stderr.write(e.message);process.exit(1)});s.on('end',()=>process.stdout.write('',()=>process.exit(0)));
process.stdin.pipe(s);s.pipe(process.stdout)`

const connected = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })

/**
 * A connection to a port of a pod. The pod's address is the quick way; what listens on the pod's loopback interface alone is
 * reached from inside its network namespace.
 */
export async function connectToPod({
  pid,
  address,
  port,
}: {
  pid: number
  address: string | undefined
  port: number
}): Promise<Duplex> {
  if (address === undefined) return connected('localhost', port)
  try {
    return await connected(address, port)
  } catch {
    return connectInside(pid, port)
  }
}

function connectInside(pid: number, port: number): Duplex {
  const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, process.execPath, '-e', relay, String(port)])
  const pair = Duplex.from({ readable: child.stdout, writable: child.stdin } as never)
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk
  })
  child.once('exit', (code) => {
    if (code !== 0) pair.destroy(new Error(complaint || `relay ended with ${code}`))
  })
  child.once('error', (error) => pair.destroy(error))
  pair.once('close', () => child.kill())
  return pair
}

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** Answers on TCP and UDP with its name and the address it sees the client at: `node echo-server.ts NAME PORT`. */
const [name, port] = process.argv.slice(2)

const tcp = createServer((socket) => {
  socket.on('error', () => {})
  socket.end(`${name} ${socket.remoteAddress?.replace('::ffff:', '')}\n`)
})
const udp = createSocket('udp4')
udp.on('message', (_, client) => udp.send(`${name} ${client.address}\n`, client.port, client.address))
udp.bind(Number(port), () => tcp.listen(Number(port), '0.0.0.0', () => process.stdout.write('ready\n')))

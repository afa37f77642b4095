import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

/** Asks echo servers and prints what came of it as JSON: `node ask.ts '{"address":…}'`. */
export interface Question {
  address: string
  port: number
  protocol?: 'tcp' | 'udp'
  /** How often, one after the other. */
  times?: number
  /** Milliseconds until no answer counts as `timeout`. */
  timeout?: number
  /** The client's own port. */
  localPort?: number
}

const once = ({ address, port, protocol = 'tcp', timeout = 400, localPort }: Question): Promise<string> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => finish('timeout'), timeout)
    let close = () => {}
    const finish = (answer: string) => {
      clearTimeout(timer)
      close()
      resolve(answer.trim())
    }
    const failed = (error: NodeJS.ErrnoException) => finish(error.code ?? error.message)
    if (protocol === 'udp') {
      const socket = createSocket('udp4')
      close = () => socket.close()
      socket.on('error', failed).on('message', (message) => finish(message.toString()))
      socket.bind(localPort ?? 0, () =>
        socket.connect(port, address, (error?: Error) => (error ? failed(error) : socket.send('?'))),
      )
    } else {
      let answer = ''
      const socket = connect({ host: address, port, ...(localPort ? { localPort } : {}) })
      close = () => socket.destroy()
      socket
        .on('error', failed)
        .on('end', () => finish(answer))
        .on('data', (data) => {
          answer += data
        })
    }
  })

if (import.meta.main) {
  const question = JSON.parse(process.argv[2] ?? '{}') as Question
  const answers: string[] = []
  for (let time = 0; time < (question.times ?? 1); time++) answers.push(await once(question))
  process.stdout.write(JSON.stringify(answers))
}

import type { ClientRequest } from 'node:http'
import type { Clock } from '@tandem/component-base'

const dialTimeoutMs = 30_000

/** Somebody who never answers a connection is given up on; once connected, a request may last as long as its client wants. */
export function limitDial(outgoing: ClientRequest, clock: Clock): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return
    const cancel = clock.after(dialTimeoutMs, () =>
      outgoing.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })),
    )
    socket.once('connect', cancel)
    socket.once('close', cancel)
  })
}

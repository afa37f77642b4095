import { request } from 'node:http'
import { Socket } from 'node:net'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { limitDial } from '../../src/kubelet/dial-timeout.ts'

const dial = async (clock: FakeClock) => {
  const socket = Object.assign(new Socket(), { connecting: true })
  const outgoing = request({ host: 'nobody', createConnection: () => socket })
  const errors: unknown[] = []
  outgoing.on('error', (error) => errors.push(error))
  limitDial(outgoing, clock)
  await new Promise((resolve) => outgoing.once('socket', resolve))
  return { socket, outgoing, errors }
}

t.test('a connection that nobody answers is given up', async (t) => {
  const clock = new FakeClock()
  const { errors, outgoing } = await dial(clock)
  await clock.advance(29_000)
  t.same(errors, [])
  await clock.advance(1_000)
  await new Promise((resolve) => setImmediate(resolve))
  t.match(errors, [{ code: 'ETIMEDOUT', message: 'i/o timeout' }])
  t.ok(outgoing.destroyed)
})

t.test('one that was answered may last', async (t) => {
  const clock = new FakeClock()
  const { socket, errors, outgoing } = await dial(clock)
  socket.emit('connect')
  await clock.advance(3_600_000)
  t.same(errors, [])
  outgoing.destroy()
})

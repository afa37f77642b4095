import t from 'tap'
import { type CdiSpec, containerEditsOf } from '../../src/dynamic-resources/container-edits.ts'

const spec: CdiSpec = {
  kind: 'example.com/gpu',
  containerEdits: { env: ['ALL=1'] },
  devices: [
    {
      name: 'a',
      containerEdits: {
        env: ['A=x=y', 'EMPTY'],
        deviceNodes: [{ path: '/dev/a', hostPath: '/dev/real-a', permissions: 'rw' }],
        mounts: [{ hostPath: '/opt/lib', containerPath: '/lib/gpu', options: ['ro', 'bind', 'rslave'] }],
      },
    },
    { name: 'b', containerEdits: { deviceNodes: [{ path: '/dev/b' }] } },
    { name: 'hooked', containerEdits: { hooks: [{}] } },
  ],
}

t.test('edits of all devices, and those of what describes them once', async (t) => {
  t.strictSame(containerEditsOf(['example.com/gpu=a', 'example.com/gpu=b'], [spec]), {
    env: [
      { name: 'ALL', value: '1' },
      { name: 'A', value: 'x=y' },
      { name: 'EMPTY', value: '' },
    ],
    devices: [
      { hostPath: '/dev/real-a', containerPath: '/dev/a', permissions: 'rw' },
      { hostPath: '/dev/b', containerPath: '/dev/b', permissions: 'rwm' },
    ],
    mounts: [{ hostPath: '/opt/lib', containerPath: '/lib/gpu', readOnly: true, propagation: 'rslave' }],
  })
})

t.test('what cannot be given is refused', async (t) => {
  t.throws(() => containerEditsOf(['example.com/gpu=z'], [spec]), {
    message: 'unresolvable CDI devices example.com/gpu=z',
  })
  t.throws(() => containerEditsOf(['example.com/gpu=hooked'], [spec]), { message: /CDI hooks are not supported/ })
})

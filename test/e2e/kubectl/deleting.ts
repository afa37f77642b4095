import type { Row } from './row.ts'

export const deleting: Row[] = [
  {
    name: 'wait waits for conditions, fields and deletions',
    async check(t, { kubectl }) {
      t.match(await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=60s'), /condition met/)
      t.match(
        await kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod/talker', '--timeout=60s'),
        /condition met/,
      )
      const timedOut = await kubectl.run(['wait', '--for=condition=Other', 'pod/talker', '--timeout=1s'], {
        mayFail: true,
      })
      t.match(timedOut, { code: 1, stderr: /timed out waiting for the condition on pods\/talker/ })
      const waiting = kubectl('wait', '--for=delete', 'pod/talker', '--timeout=60s')
      await kubectl('delete', 'pod', 'talker', '--wait=false')
      await waiting
    },
  },
  {
    name: 'delete says what would go, waits, orphans, and can force',
    async check(t, { kubectl }) {
      t.match(await kubectl('delete', 'deployment', 'web', '--dry-run=server'), /"web" .*deleted .*\(server dry run\)/)
      const path = 'jsonpath={range .items[?(@.spec.replicas>0)]}{.metadata.name}{end}'
      const replicaSet = (await kubectl('get', 'replicasets', '-l', 'app=web', '-o', path)).trim()
      t.match(await kubectl('delete', 'deployment', 'web', '--cascade=orphan'), /deleted/)
      t.equal(
        await kubectl('get', 'replicaset', replicaSet, '-o', 'jsonpath={.metadata.ownerReferences}'),
        '',
        'the ReplicaSet lost its owner and stays',
      )
      const pod = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim()
      t.match(pod, /^pod\/web-\S+$/, 'and so does its pod')
      await kubectl('delete', 'replicaset', replicaSet, '--cascade=orphan')
      t.match(
        (await kubectl.run(['delete', pod, '--force', '--grace-period=0'])).stderr,
        /Immediate deletion does not wait/,
      )
    },
  },
  {
    name: 'delete takes what belongs to an object first, or after it',
    async check(t, { kubectl }) {
      await kubectl('delete', 'replicasets', '-l', 'app=web', '--cascade=foreground')
      t.equal(await kubectl('get', 'replicasets', '-l', 'app=web', '-o', 'name'), '')
      await kubectl('delete', 'deployment', 'idle', '--cascade=background')
      await kubectl('wait', '--for=delete', 'replicaset', '-l', 'app=idle', '--timeout=60s')
      t.match(await kubectl('delete', 'configmap', 'none', '--ignore-not-found'), /^$/)
      t.match(await kubectl('delete', 'services', '--all'), /"plain" .*deleted/)
      t.match(
        (await kubectl.run(['delete', 'configmap', 'none'], { mayFail: true })).stderr,
        /configmaps "none" not found/,
      )
    },
  },
]

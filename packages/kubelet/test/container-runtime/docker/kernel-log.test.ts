import t from 'tap'
import { openKernelLog, victimsOf } from '../../../src/container-runtime/docker/kernel-log.ts'

const id = '3d4eced391bb96aee14318e0d81e139ce479d0c240ad3c7c138598155f5391f6'
const kill = (cgroup: string) =>
  `6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/pods,task_memcg=${cgroup},task=sh,pid=1,uid=0`

const rows = [
  { name: 'a container below its pod', record: kill(`/pods/burstable/pod1/${id}`), victims: [id] },
  { name: 'a scope of systemd', record: kill(`/pods.slice/docker-${id}.scope`), victims: [id] },
  { name: 'a process of the host', record: kill('/system.slice/sshd.service'), victims: [] },
  { name: 'any other record', record: `6,1,2,-;device ${id} entered promiscuous mode`, victims: [] },
]

for (const { name, record, victims } of rows) {
  t.test(name, (t) => {
    t.same(victimsOf(record), victims)
    t.end()
  })
}

t.test('where the log cannot be read nothing is known', (t) => {
  t.equal(openKernelLog('/nowhere').wasOutOfMemory(id), false)
  t.end()
})

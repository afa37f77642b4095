import { rulesAbout } from '@tandem/cluster/host/service-traces'
import t from 'tap'

const saved = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 10.0.0.0/8 ! -o docker01 -j MASQUERADE
-A POSTROUTING -m comment --comment "docker0" -j ACCEPT
-A DOCKER -i docker0 -j RETURN
COMMIT
`

t.test('rules about a link are those that match it, whole', async (t) => {
  t.same(rulesAbout(['docker0'], saved), [
    { from: 'POSTROUTING', rule: '-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE' },
    { from: 'DOCKER', rule: '-i docker0 -j RETURN' },
  ])
  t.same(rulesAbout([], saved), [])
})

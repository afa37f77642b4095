import { startTestCluster } from './real-api/cluster.ts'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { services } from '@tandem/api/core/v1/service'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { pods } from '@tandem/api/core/v1/pod'
import { events } from '@tandem/api/core/v1/event'
const c = await startTestCluster({settings:{}})
const t0=Date.now(); const log=(...a:unknown[])=>console.log(Date.now()-t0,...a)
const wait=(ms:number)=>new Promise(r=>setTimeout(r,ms))
const mk=(name:string)=>c.client.create(deployments,{metadata:{name,namespace:'default'},spec:{replicas:2,selector:{matchLabels:{app:name}},template:{metadata:{labels:{app:name}} as never,spec:{containers:[{name:'c',image:'x'}]}}}})
const show=async(w:string)=>log(w,(await c.client.list(deployments)).items.map(x=>x.metadata.name),(await c.client.list(replicaSets)).items.map(x=>x.metadata.name),(await c.client.list(pods)).items.map(x=>x.metadata.name))
await wait(500)
await mk('bg'); await mk('fg'); await mk('orph')
await c.client.create(services,{metadata:{name:'s',namespace:'default'},spec:{selector:{app:'bg'},ports:[{port:80}]}})
await wait(400); await c.runPods(); await wait(200); await show('start')
await c.client.delete(deployments,{namespace:'default',name:'bg'}); await wait(400); await show('bg')
await c.client.delete(deployments,{namespace:'default',name:'fg'},{propagationPolicy:'Foreground'}); await wait(400); await show('fg')
await c.client.delete(deployments,{namespace:'default',name:'orph'},{propagationPolicy:'Orphan'}); await wait(400); await show('orph')
log((await c.client.list(replicaSets)).items.map(x=>x.metadata.ownerReferences))
await c.client.delete(services,{namespace:'default',name:'s'}); await wait(300); log((await c.client.list(endpointSlices)).items.map(x=>x.metadata.name))
const rs=(await c.client.list(replicaSets)).items[0]!
await c.client.create(configMaps,{metadata:{name:'x',namespace:'kube-system',ownerReferences:[{apiVersion:'apps/v1',kind:'ReplicaSet',name:rs.metadata.name,uid:rs.metadata.uid}]}})
await c.client.create(configMaps,{metadata:{name:'y',namespace:'default',ownerReferences:[{apiVersion:'apps/v1',kind:'ReplicaSet',name:rs.metadata.name,uid:rs.metadata.uid}]}})
await wait(300); log((await c.client.list(configMaps)).items.map(x=>x.metadata.name))
for (const r of (await c.client.list(events)).items.filter(r=>r.reason?.startsWith('Owner'))) log(r.reason,r.message,r.source?.component)
await c.stop()

import { eventually, mustMatch } from '../eventually.ts'
import { minorOf, type Row } from './row.ts'

export const reading: Row[] = [
  {
    name: 'get prints tables, wide tables, yaml, json, names, and what paths and columns pick',
    async check(t, { kubectl }) {
      t.match(await kubectl('rollout', 'status', 'deployment/web', '--timeout=120s'), /successfully rolled out/)
      const get = (...more: string[]) => kubectl('get', 'deployment', 'web', ...more)
      t.match(await get(), /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+1\/1\s+1\s+1\s+\d+/)
      t.match(await get('-o', 'wide', '--show-labels'), /CONTAINERS\s+IMAGES\s+SELECTOR\s+LABELS\n.* app=web\n/)
      const pods = await kubectl('get', 'pods', '-l', 'app=web', '-o', 'wide')
      t.match(pods, /NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE\s+NOMINATED NODE\s+READINESS GATES/)
      t.match(pods, /1\/1\s+Running/)
      t.match(await get('-o', 'yaml'), /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:/)
      t.equal(JSON.parse(await get('-o', 'json')).spec.replicas, 1)
      t.equal(await get('-o', 'jsonpath={.status.readyReplicas}'), '1')
      t.equal((await get('-o', 'name')).trim(), 'deployment.apps/web')
      t.equal(await get('-o', 'custom-columns=NAME:.metadata.name,N:.spec.replicas'), 'NAME   N\nweb    1\n')
      t.equal(await get('-o', 'go-template={{.metadata.name}}'), 'web')
      t.match(await kubectl('get', 'all'), /replicaset.apps\/web-/)
      t.match(await get('-L', 'app', '--no-headers'), /^web\s.* web\n$/)
    },
  },
  {
    name: 'get sorts, selects by labels and fields, and lists in chunks, by paths and across namespaces',
    async check(t, { kubectl, namespace }) {
      const sorted = await kubectl('get', 'services', '--sort-by=.metadata.name', '-o', 'name')
      t.same(
        sorted.trim().split('\n'),
        ['balanced', 'elsewhere', 'outside', 'plain'].map((name) => `service/${name}`),
      )
      const picked = await kubectl(
        'get',
        'pods',
        '--field-selector=status.phase=Running,metadata.name=talker',
        '-o',
        'name',
      )
      t.equal(picked.trim(), 'pod/talker')
      t.equal((await kubectl('get', 'pods', '-l', 'app in (talker),!other', '-o', 'name')).trim(), 'pod/talker')
      t.equal((await kubectl('get', 'secrets', '--chunk-size=1', '-o', 'name')).trim().split('\n').length, 2)
      const raw = JSON.parse(await kubectl('get', '--raw', `/api/v1/namespaces/${namespace}/pods/talker`))
      t.equal(raw.metadata.name, 'talker')
      t.match(await kubectl('get', 'pods', '-A', '-l', 'app=talker'), new RegExp(`^${namespace}\\s+talker`, 'm'))
      t.match(
        (await kubectl.run(['get', 'pods', '--field-selector=spec.colour=red'], { mayFail: true })).stderr,
        /field label not supported: spec\.colour/,
      )
      t.match(
        (await kubectl.run(['get', 'nothings'], { mayFail: true })).stderr,
        /doesn't have a resource type "nothings"/,
      )
    },
  },
  {
    name: 'get watches',
    async check(t, { kubectl }) {
      const watching = kubectl.run(
        ['get', 'configmap', 'watched', '--watch', '--output-watch-events', '-o', 'name', '--request-timeout=4s'],
        { mayFail: true },
      )
      await kubectl('create', 'configmap', 'unwatched')
      t.match(await watching, { code: 1, stderr: /configmaps "watched" not found/ })
      const { stdout } = await kubectl.run(
        [
          'get',
          'configmaps',
          '--watch',
          '--field-selector=metadata.name=unwatched',
          '--request-timeout=2s',
          '-o',
          'name',
        ],
        { mayFail: true },
      )
      t.equal(stdout.trim(), 'configmap/unwatched')
    },
  },
  {
    name: 'describe tells of each kind, of its events, and of what belongs to it',
    async check(t, { kubectl, namespace }) {
      const described: [object: string, expected: RegExp][] = [
        ['deployment/web', /StrategyType: +RollingUpdate/],
        ['configmap/settings', /colour:\n----\n/],
        ['secret/password', /password: {2}6 bytes/],
        ['serviceaccount/robot', /Name: +robot/],
        ['role/reader', /pods +\[\] +\[\] +\[get list\]/],
        ['rolebinding/reader', /ServiceAccount +robot/],
        [`clusterrole/${namespace}`, /nodes +\[\]/],
        [`clusterrolebinding/${namespace}`, new RegExp(`User +${namespace}`)],
        ['service/plain', /Type: +ClusterIP/],
        ['service/outside', /NodePort: .* 3\d{4}\/TCP/],
        ['job/once', /Completions: +1/],
        ['cronjob/nightly', /Schedule: +0 3 \* \* \*/],
        ['ingress/front', /example.com/],
        ['pdb/guard', /Min available: +1/],
        ['quota/small', /pods +\d+ +100|Name: +small/],
        ['endpoints/plain', /Subsets:/],
        [`namespace/${namespace}`, /Status: +Active/],
        [`priorityclass/${namespace}`, /Value: +10/],
      ]
      const text = await kubectl('describe', ...described.map(([object]) => object))
      for (const [object, expected] of described) t.match(text, expected, object)
      // Events are written after what they tell of.
      await eventually(async () => mustMatch(await kubectl('describe', 'deployment/web'), /ScalingReplicaSet/))
      t.match(await kubectl('describe', 'nodes'), /Allocated resources:/)
      const name = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n')[0] ?? ''
      const pod = await kubectl('describe', name)
      t.match(pod, /Status:\s+Running/)
      t.match(pod, /Controlled By:\s+ReplicaSet\/web-/)
      for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
        await eventually(async () => mustMatch(await kubectl('describe', name), new RegExp(`Normal\\s+${reason}`)))
    },
  },
  {
    name: 'explain, api-resources and api-versions read what the server serves',
    async check(t, { kubectl }) {
      t.match(await kubectl('explain', 'pod.spec.containers.livenessProbe'), /FIELD: livenessProbe <Probe>/)
      t.match(await kubectl('explain', 'deployment', '--recursive'), /strategy\s+<DeploymentStrategy>/)
      t.match(await kubectl('explain', 'hpa', '--api-version=autoscaling/v2'), /VERSION: +v2/)
      const resources = await kubectl('api-resources')
      for (const line of [
        /pods\s+po\s+v1\s+true\s+Pod/,
        /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/,
        /clusterroles\s+rbac.authorization.k8s.io\/v1\s+false\s+ClusterRole/,
      ])
        t.match(resources, line)
      t.match(await kubectl('api-resources', '--api-group=apps', '--namespaced', '-o', 'name'), /^statefulsets\.apps$/m)
      t.match(
        await kubectl('api-resources', '-o', 'wide'),
        /create,delete,deletecollection,get,list,patch,update,watch +all/,
      )
      t.match(await kubectl('api-versions'), /^apps\/v1$/m)
    },
  },
  {
    name: 'events lists what happened',
    async check(t, { kubectl }) {
      t.match(await kubectl('events', '--for=pod/talker'), /Normal\s+Started\s+Pod\/talker/)
      t.match(await kubectl('events', '--types=Normal'), /ScalingReplicaSet/)
      t.match(await kubectl('get', 'events', '--sort-by=.lastTimestamp'), /ScalingReplicaSet/)
    },
  },
  {
    name: 'version, cluster-info and top tell of the cluster',
    async check(t, { kubectl, version }) {
      const versions = await kubectl('version')
      t.match(versions, new RegExp(`Client Version: .*v1.${minorOf(version)}.`))
      t.match(versions, /Server Version: .*v1\.36\./)
      t.match(await kubectl('cluster-info'), /Kubernetes control plane/)
      // Until a container was measured twice there is nothing to tell of it.
      await eventually(async () => mustMatch(await kubectl('top', 'nodes'), / +\d+m +\d+% +\d+Mi +\d+%/))
      await eventually(async () => mustMatch(await kubectl('top', 'pods'), /^talker +\d+m +\d+Mi/m))
    },
  },
  {
    name: 'auth answers what we and others may, who we are, and brings rights to what a manifest says',
    async check(t, { kubectl, version, namespace }) {
      t.equal((await kubectl('auth', 'can-i', 'create', 'deployments')).trim(), 'yes')
      const robot = [`--as=system:serviceaccount:${namespace}:robot`]
      t.equal((await kubectl.run(['auth', 'can-i', 'list', 'pods', ...robot])).stdout.trim(), 'yes')
      const refused = await kubectl.run(['auth', 'can-i', 'delete', 'pods', ...robot], { mayFail: true })
      t.match(refused, { code: 1, stdout: /no/ })
      t.match(await kubectl('auth', 'can-i', '--list', ...robot), /pods +\[\] +\[\] +\[get list\]/)
      // The oldest asks for a version of the review that Kubernetes 1.36 does not serve.
      if (minorOf(version) > 27) t.match(await kubectl('auth', 'whoami'), /kubernetes-admin/)
      const role = (verb: string) =>
        `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: mended, namespace: ${namespace} }
rules: [{ apiGroups: [""], resources: [pods], verbs: [${verb}] }]
`
      const reconcile = (input: string) => kubectl.run(['auth', 'reconcile', '-f', '-'], { input })
      t.match((await reconcile(role('get'))).stdout, /role.rbac.authorization.k8s.io\/mended reconciled/)
      t.match((await reconcile(role('list'))).stdout, /mended reconciled/)
      t.match(await kubectl('describe', 'role', 'mended'), /\[get\][\s\S]*\[list\]|\[get list\]/)
    },
  },
]

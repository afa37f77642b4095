import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { tokenIssuer } from '../../src/authentication/service-account/issuer.ts'
import { signingKey, verificationKeys } from '../../src/authentication/service-account/keys.ts'
import {
  type LiveObject,
  ServiceAccountTokenAuthenticator,
} from '../../src/authentication/service-account/token-authenticator.ts'

const issuer = 'https://kubernetes.default.svc.cluster.local'
const audiences = [issuer]
const start = Date.parse('2026-01-01T00:00:00Z')

const keyPems = {
  EC: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
}

function setUp(pem = keyPems.EC) {
  const world = {
    now: start,
    account: { uid: 'account-uid' } as LiveObject | undefined,
    pod: { uid: 'pod-uid' } as LiveObject | undefined,
  }
  const authenticator = new ServiceAccountTokenAuthenticator({
    issuers: [issuer],
    audiences,
    keys: verificationKeys(pem),
    now: () => world.now,
    objects: {
      serviceAccount: async () => world.account,
      pod: async () => world.pod,
      secret: async () => undefined,
      node: async () => undefined,
    },
  })
  const issue = (over: { audiences?: string[]; pem?: string; issuer?: string } = {}) =>
    tokenIssuer({ issuer: over.issuer ?? issuer, key: signingKey(over.pem ?? pem) }).issue({
      kubernetes: {
        namespace: 'a',
        serviceaccount: { name: 'robot', uid: 'account-uid' },
        pod: { name: 'p', uid: 'pod-uid' },
        node: { name: 'n', uid: 'node-uid' },
      },
      audiences: over.audiences ?? audiences,
      now: start / 1000,
      expirationSeconds: 3600,
    })
  return { world, authenticator, issue }
}

for (const [kind, pem] of Object.entries(keyPems))
  t.test(`a token signed with an ${kind} key`, async (t) => {
    const { authenticator, issue } = setUp(pem)
    const verdict = await authenticator.authenticateToken(await issue(), audiences)
    t.match(verdict?.user, {
      username: 'system:serviceaccount:a:robot',
      uid: 'account-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['pod-uid'],
        'authentication.kubernetes.io/node-name': ['n'],
      },
    })
  })

type World = ReturnType<typeof setUp>['world']
const refused: [
  description: string,
  change: (world: World) => void,
  over?: Parameters<ReturnType<typeof setUp>['issue']>[0],
][] = [
  ['expired', (world) => (world.now += 3_601_000)],
  ['for another audience', () => undefined, { audiences: ['vault'] }],
  ['of an account that is gone', (world) => (world.account = undefined)],
  ['of an account that was made anew', (world) => (world.account = { uid: 'other' })],
  ['of a pod that is gone', (world) => (world.pod = undefined)],
  ['of a pod that was made anew', (world) => (world.pod = { uid: 'other' })],
  ['of another issuer', () => undefined, { issuer: 'https://elsewhere' }],
]
t.test('tokens that do not hold', async (t) => {
  for (const [description, change, over] of refused) {
    const { world, authenticator, issue } = setUp()
    const token = await issue(over)
    change(world)
    await t.rejects(authenticator.authenticateToken(token, audiences), { code: 'UNAUTHENTICATED' }, description)
    t.equal(authenticator.known(token), undefined)
  }
  const { authenticator, issue } = setUp()
  t.equal(
    await authenticator.authenticateToken(await issue({ pem: keyPems.RSA }), audiences),
    undefined,
    'signed with a key nobody knows',
  )
  t.equal(await authenticator.authenticateToken('not.a.token', audiences), undefined, 'no token at all')
})

t.test('a verdict is remembered for ten seconds', async (t) => {
  const { world, authenticator, issue } = setUp()
  const token = await issue()
  await authenticator.authenticateToken(token, audiences)
  t.equal(authenticator.known(token)?.username, 'system:serviceaccount:a:robot')
  world.now += 10_001
  t.equal(authenticator.known(token), undefined)
})

t.test('a verdict ends with what the token is bound to', async (t) => {
  for (const uid of ['account-uid', 'pod-uid', 'node-uid']) {
    const { authenticator, issue } = setUp()
    const token = await issue()
    await authenticator.authenticateToken(token, audiences)
    authenticator.forgetObject('some-other-uid')
    t.ok(authenticator.known(token))
    authenticator.forgetObject(uid)
    t.equal(authenticator.known(token), undefined, uid)
  }
})

t.test('a token whose pod goes while it is looked up is not remembered', async (t) => {
  const { authenticator, issue, world } = setUp()
  const token = await issue()
  Object.defineProperty(world, 'pod', {
    get() {
      authenticator.forgetObject('pod-uid')
      return { uid: 'pod-uid' }
    },
  })
  t.ok(await authenticator.authenticateToken(token, audiences))
  t.equal(authenticator.known(token), undefined)
})

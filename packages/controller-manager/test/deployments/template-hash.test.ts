import type { PodTemplateSpec } from '@tandem/api/core/v1/types'
import t from 'tap'
import {
  hashOfTemplate,
  replicaSetName,
  sameTemplate,
  withHash,
  withoutHash,
} from '../../src/deployments/template-hash.ts'

const template = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } } as never,
  spec: { containers: [{ name: 'c', image }] },
})

t.test('the hash is stable, short, and says nothing', async (t) => {
  t.equal(hashOfTemplate(template('a'), undefined), hashOfTemplate(template('a'), undefined))
  t.match(hashOfTemplate(template('a'), undefined), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
})

t.test('the order of fields does not matter, what they say does', async (t) => {
  const reordered = {
    spec: { containers: [{ image: 'a', name: 'c' }] },
    metadata: { labels: { app: 'web' } },
  } as unknown as PodTemplateSpec
  t.equal(hashOfTemplate(reordered, undefined), hashOfTemplate(template('a'), undefined))
  t.not(hashOfTemplate(template('b'), undefined), hashOfTemplate(template('a'), undefined))
})

t.test('a collision is got around', async (t) => {
  t.not(hashOfTemplate(template('a'), 1), hashOfTemplate(template('a'), undefined))
  t.not(hashOfTemplate(template('a'), 1), hashOfTemplate(template('a'), 2))
})

t.test('templates are compared without their hash', async (t) => {
  t.ok(sameTemplate(withHash(template('a'), 'x'), template('a')))
  t.notOk(sameTemplate(withHash(template('a'), 'x'), template('b')))
  t.same(withoutHash(withHash(template('a'), 'x')), template('a'))
})

t.test('a name stays within its length, hash and all', async (t) => {
  t.equal(replicaSetName('web', 'abc'), 'web-abc')
  t.equal(replicaSetName('w'.repeat(249), 'abc'), `${'w'.repeat(249)}-abc`)
  t.equal(replicaSetName('w'.repeat(253), 'abc'), `${'w'.repeat(249)}-abc`)
})

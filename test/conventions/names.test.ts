import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'

const sources = globSync('packages/*/src/**/*.ts').filter((file) => !file.endsWith('.generated.ts'))

t.test('files are named in kebab-case after what they hold', (t) => {
  const wrong = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(basename(file)))
  t.same(wrong, [])
  t.end()
})

t.test('no file or folder is a grab bag', (t) => {
  const wrong = sources.filter((file) => /\/(utils?|helpers?|common|misc|shared)(\/|\.ts$)/.test(file))
  t.same(wrong, [])
  t.end()
})

t.test('nothing is exported by default', (t) => {
  const wrong = sources.filter((file) => /^export default /m.test(readFileSync(file, 'utf8')))
  t.same(wrong, [])
  t.end()
})

t.test('no file has grown past 500 lines but generated ones', (t) => {
  const wrong = sources
    .filter((file) => !readFileSync(file, 'utf8').startsWith('// Generated'))
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 500)
  t.same(wrong, [])
  t.end()
})

t.test('every package has a README', (t) => {
  const missing = globSync('packages/*/package.json')
    .map((file) => file.replace('package.json', 'README.md'))
    .filter((file) => globSync(file).length === 0)
  t.same(missing, [])
  t.end()
})

/**
 * Writes packages/api/src/schema/table.json and every packages/api/src/<group>/<version>/types.ts.
 *
 *     node scripts/generate-schema.ts <folder of k8s.io> [<another> …]
 *
 * The folders hold Go sources of k8s.io (api, apimachinery, apiextensions-apiserver, kube-aggregator, metrics, client-go),
 * as Debian's golang-k8s-*-dev packages bring them; the first that has a package wins. Only facts are written: names,
 * types, numbers, keys.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { correct } from './generate-schema/merge-schema.ts'
import { ModelReader } from './generate-schema/model.ts'
import { packages } from './generate-schema/packages.ts'
import { tableText } from './generate-schema/table.ts'
import { typesFile } from './generate-schema/typescript.ts'

const roots = process.argv.slice(2)
if (roots.length === 0) throw new Error('name at least one folder with Go sources of k8s.io')

const api = join(import.meta.dirname, '../packages/api/src')
const reader = new ModelReader(roots)
const models = reader.models()

const merge = roots.map((root) => join(root, 'client-go/applyconfigurations/internal/internal.go')).find(existsSync)
if (!merge) throw new Error('no client-go with the merge schema')
for (const difference of correct(models, merge)) console.log(difference)

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
write(join(api, 'schema/table.json'), tableText(models))
for (const { folder } of packages)
  if (folder) write(join(api, folder, 'types.ts'), typesFile({ folder, models, reader }))
execFileSync('npx', ['biome', 'check', '--write', '--linter-enabled=false', api], { stdio: 'ignore' })
console.log(`${models.length} types`)

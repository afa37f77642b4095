import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../kubectl.ts'
import type { Row } from './row.ts'

export const settings: Row[] = [
  {
    name: 'config shows and changes a kubeconfig that the server is then found with',
    async check(t, { kubectl, namespace }) {
      const directory = mkdtempSync(join(tmpdir(), 'tandem-config-'))
      t.teardown(() => rmSync(directory, { recursive: true }))
      const [program = '', from = ''] = kubectl.command
      const file = join(directory, 'config')
      copyFileSync(from.replace('--kubeconfig=', ''), file)
      const config = async (...args: string[]) => (await run(program, [`--kubeconfig=${file}`, ...args])).stdout.trim()
      t.match(await config('config', 'view', '--minify'), /certificate-authority-data: DATA\+OMITTED/)
      const cluster = await config('config', 'view', '-o', 'jsonpath={.clusters[0].name}')
      const user = await config('config', 'view', '-o', 'jsonpath={.users[0].name}')
      t.match(
        await config(
          'config',
          'set-context',
          'mine',
          `--cluster=${cluster}`,
          `--user=${user}`,
          `--namespace=${namespace}`,
        ),
        /Context "mine" created/,
      )
      t.match(await config('config', 'use-context', 'mine'), /Switched to context "mine"/)
      t.match(await config('config', 'get-contexts'), /\* +mine/)
      t.match(await config('get', 'configmap', 'settings', '-o', 'name'), /configmap\/settings/)
      t.match(await config('config', 'delete-context', 'mine'), /deleted context mine/)
    },
  },
]

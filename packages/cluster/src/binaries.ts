import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the repository, or an installed release, begins. */
const home = findHome()

const sources: Readonly<Record<string, string>> = {
  'tandem-apiserver': 'packages/api-server/src/main.ts',
  'tandem-controller-manager': 'packages/controller-manager/src/main.ts',
  'tandem-scheduler': 'packages/scheduler/src/main.ts',
  'tandem-kubelet': 'packages/kubelet/src/main.ts',
  'tandem-proxy': 'packages/kube-proxy/src/main.ts',
  'tandem-dns': 'packages/dns/src/main.ts',
  'tandem-simulated-nodes': 'packages/kubelet/src/simulated/main.ts',
  'tandem-supervisor': 'packages/cluster/src/supervisor/main.ts',
}

/** How to start a binary: its bundle where one was built, else its source. */
export function binaryCommand(binary: string): { program: string; args: string[] } {
  const source = sources[binary]
  if (!source) throw new Error(`there is no binary ${binary}`)
  const bundle = fileURLToPath(new URL(`dist/bin/${binary}.mjs`, home))
  return { program: process.execPath, args: [existsSync(bundle) ? bundle : fileURLToPath(new URL(source, home))] }
}

/** A file that ships with the project, such as `deploy/addons/dns.yaml`. */
export const homePath = (path: string): string => fileURLToPath(new URL(path, home))

/** Both a source file here and a bundle in `dist/bin` lie below the folder that has `lerna.json`. */
function findHome(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('lerna.json', folder))) {
    const parent = new URL('..', folder)
    if (parent.href === folder.href) throw new Error(`no tandem installation above ${fileURLToPath(import.meta.url)}`)
    folder = parent
  }
  return folder
}

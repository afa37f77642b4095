import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** Bundles each binary into one file: `dist/bin/<binary>.mjs`. What holds native code stays outside, in node_modules. */
const entryPoints = {
  tandem: 'packages/cli/src/main.ts',
  'tandem-apiserver': 'packages/api-server/src/main.ts',
  'tandem-controller-manager': 'packages/controller-manager/src/main.ts',
  'tandem-scheduler': 'packages/scheduler/src/main.ts',
  'tandem-kubelet': 'packages/kubelet/src/main.ts',
  'tandem-proxy': 'packages/kube-proxy/src/main.ts',
  'tandem-dns': 'packages/dns/src/main.ts',
  'tandem-supervisor': 'packages/cluster/src/supervisor/main.ts',
}

/** The engine's client would load an SSH client as it starts, for engines that are elsewhere; ours is on this host. */
const withoutSsh: Plugin = {
  name: 'without-ssh',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^ssh2$/ }, ({ path }) => ({ path, namespace: 'without-ssh' }))
    onLoad({ filter: /.*/, namespace: 'without-ssh' }, () => ({ contents: 'module.exports = {}' }))
  },
}

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = `${root}dist/bin`
rmSync(outdir, { recursive: true, force: true })
mkdirSync(outdir, { recursive: true })
await build({
  absWorkingDir: root,
  entryPoints,
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  // CommonJS dependencies call require; ESM output has none of its own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  external: ['classic-level'],
  plugins: [withoutSsh],
  sourcemap: 'linked',
  logLevel: 'warning',
})

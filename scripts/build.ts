import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { leanModules } from './lean-modules.ts'

/**
 * Bundles each binary into `dist/bin/<binary>.mjs`, which loads the rest of it from `dist/bin/chunks`. What holds native code stays
 * outside, in node_modules.
 */
const entryPoints = {
  tandem: 'packages/cli/src/main.ts',
  'tandem-apiserver': 'packages/api-server/src/main.ts',
  'tandem-controller-manager': 'packages/controller-manager/src/main.ts',
  'tandem-scheduler': 'packages/scheduler/src/main.ts',
  'tandem-kubelet': 'packages/kubelet/src/main.ts',
  'tandem-proxy': 'packages/kube-proxy/src/main.ts',
  'tandem-dns': 'packages/dns/src/main.ts',
  'tandem-simulated-nodes': 'packages/kubelet/src/simulated/main.ts',
  'tandem-supervisor': 'packages/cluster/src/supervisor/main.ts',
}

const root = fileURLToPath(new URL('..', import.meta.url))
const outdir = `${root}dist/bin`
rmSync(outdir, { recursive: true, force: true })
mkdirSync(outdir, { recursive: true })
for (const [binary, source] of Object.entries(entryPoints))
  await build({
    absWorkingDir: root,
    entryPoints: { [binary]: source },
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: `chunks/${binary}-[name]-[hash]`,
    bundle: true,
    // What is imported only when needed lies in files of its own, and is not read before.
    splitting: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    // CommonJS dependencies call require; ESM output has none of its own.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [leanModules],
    // How undici leaves out its second parser, an experiment.
    define: { esbuildDetection: 'true' },
    // A process keeps the text of its program in memory. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    external: ['classic-level'],
    sourcemap: 'linked',
    logLevel: 'warning',
  })

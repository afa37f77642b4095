import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * Leaves out of the bundles what libraries load at their start and no component of ours calls; each process saves megabytes. Sources
 * run with the whole libraries, so nothing may rest on what is left out here.
 */
export const leanModules: Plugin = {
  name: 'lean-modules',
  setup({ onResolve, onLoad }) {
    // Asked by prom-client for the spans of exemplars, which are off.
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path }) => ({ path, namespace }))
    // Fastify's compilers of schemas: the API server brings others.
    onResolve({ filter: /^@fastify\/(ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({
      path,
      namespace,
    }))
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace }))
    onResolve({ filter: /^\.\/(buildkit|session|ssh)$/ }, ({ importer, path }) =>
      /\/(dockerode|docker-modem)\/lib\//.test(importer)
        ? { path: join(dirname(importer), path), namespace }
        : undefined,
    )
    // Imported, Node's http makes all it can export, and loads for that the whole of Node's own fetch; required, it does not.
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace } : { path: 'node:http', external: true },
    )
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: contents[path] ?? 'module.exports = undefined',
      resolveDir: import.meta.dirname,
      loader: 'js',
    }))
  },
}

const namespace = 'lean'

/** Of undici, the pool: neither fetch nor caches, mocks, proxies and WebSockets. */
const poolOfUndici = `
  Object.assign(require('undici/lib/dispatcher/dispatcher').prototype, require('undici/lib/api'))
  exports.Pool = require('undici/lib/dispatcher/pool')
`

const contents: Readonly<Record<string, string>> = {
  undici: poolOfUndici,
  http: "module.exports = require('node:http')",
}

import { globSync } from 'node:fs'

/** A part of the test run: which files, and where they run. */
export interface Stage {
  name: string
  files: string[]
  /** On a host of its own: a network namespace with an engine in it. */
  onLabHost: boolean
  /** With both clusters brought up there first, and removed after. */
  withClusters: boolean
  /** A script that runs first, on this machine, for what a lab host cannot get by itself. */
  prepare?: string
  /** Files that run at once. */
  jobs: number
  timeoutSeconds: number
}

const files = (...patterns: string[]): string[] => globSync(patterns).sort()

/** What `npm test` runs. */
export const coreStages = (): Stage[] => [
  {
    name: 'conventions',
    files: files('test/conventions/*.test.ts'),
    onLabHost: false,
    withClusters: false,
    jobs: 2,
    timeoutSeconds: 180,
  },
  {
    name: 'packages',
    files: files('packages/*/test/**/*.test.ts').filter((file) => !file.includes('/real/')),
    onLabHost: false,
    withClusters: false,
    jobs: 2,
    timeoutSeconds: 120,
  },
  {
    name: 'real',
    files: files('packages/*/test/real/**/*.test.ts'),
    onLabHost: true,
    withClusters: false,
    jobs: 1,
    timeoutSeconds: 180,
  },
  {
    name: 'e2e',
    files: files('test/e2e/*.test.ts'),
    onLabHost: true,
    withClusters: true,
    jobs: 1,
    timeoutSeconds: 600,
  },
]

/** What `npm run test:all` adds. */
export const addedStages = (): Stage[] => [
  {
    name: 'faults',
    files: files('test/faults/*.test.ts'),
    onLabHost: true,
    withClusters: true,
    jobs: 1,
    timeoutSeconds: 600,
  },
  {
    name: 'soak',
    files: files('test/soak/*.test.ts'),
    onLabHost: true,
    withClusters: false,
    jobs: 1,
    timeoutSeconds: Number(process.env.SOAK_SECONDS ?? 0) + 600,
  },
  {
    name: 'machines',
    files: files('test/machines/*.test.ts'),
    prepare: 'test/machines/prepare.ts',
    onLabHost: true,
    withClusters: false,
    jobs: 1,
    timeoutSeconds: 1200,
  },
]

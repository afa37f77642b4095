import { runBinary } from '@tandem/component-base/flags/index'
import { commandLine } from './options.ts'
import { startScheduler } from './start.ts'

await runBinary({ ...commandLine, start: startScheduler })

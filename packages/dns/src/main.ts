import { runBinary } from '@tandem/component-base/flags/index'
import { commandLine } from './options.ts'
import { startDns } from './start.ts'

await runBinary({ ...commandLine, start: startDns })

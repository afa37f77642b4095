#!/usr/bin/env node
import { runBinary } from '@tandem/component-base/flags/index'
import { commandLine } from './options.ts'
import { startSimulatedNodes } from './start.ts'

await runBinary({ ...commandLine, start: startSimulatedNodes })

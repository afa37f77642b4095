#!/usr/bin/env node
import { createProgram } from './program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  // Errors with a code are made to be read; anything else is a fault of ours and comes with its stack.
  const told = error instanceof Error && 'code' in error
  process.stderr.write(`error: ${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
}

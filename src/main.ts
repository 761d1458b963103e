#!/usr/bin/env node
import { catchSignals } from './process/signals.ts'

// The signals are caught first, because importing everything else takes a tenth of a second or more.
const signals = catchSignals()
const { start } = await import('./process/start.ts')
await start(signals)

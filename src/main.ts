#!/usr/bin/env node
import { catchSignals } from './process/signals.ts'

// Everything else is imported behind this line, since that takes a tenth of a second or more.
const signals = catchSignals()
const { start } = await import('./process/start.ts')
await start(signals)

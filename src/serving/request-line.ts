import type { Observation } from '../core/observation.ts'

/** A log line. The logger leaves out what is undefined. */
type Line = Record<string, string | number | undefined>

/** Adds what was observed to the log line of a request. It assigns fields one by one, because a spread is slower. */
export function addObservation(line: Line, { model, rows, timings }: Observation): Line {
  line['model'] = model?.name
  line['version'] = model?.version
  line['rows'] = rows
  line['queueMs'] = timings && roundMs(timings.queueMs)
  line['computeMs'] = timings && roundMs(timings.computeMs)
  line['batchSize'] = timings?.batchSize
  return line
}

/** Rounds to microseconds. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000
}

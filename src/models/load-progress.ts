import { listNames } from '../core/listing.ts'
import type { ModelEntry } from './model-entry.ts'

/** A log line that says which models still load. */
export function progressText(entries: readonly ModelEntry[]): string {
  const waiting = entries.filter(({ status }) => status === 'loading')
  const names = listNames(waiting.map(({ name, version }) => `${name} ${version}`))
  return `still loading: ${entries.length - waiting.length} of ${entries.length} models are done; not yet: ${names}`
}

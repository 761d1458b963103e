import { ServingError } from '../core/errors.ts'
import { listNames } from '../core/listing.ts'
import type { ModelEntry } from './model-entry.ts'

/**
 * Finds one version of a model, in any state.
 *
 * @param name Name of the model; undefined if the request names none and the server has no default.
 * @param version If absent, the newest version that is loaded, also if it is paused. If none is loaded, the newest one.
 * @throws ServingError MODEL_NOT_FOUND, with the names or versions that are served.
 */
export function findEntry(
  entries: readonly ModelEntry[],
  name: string | undefined,
  version: string | undefined,
): ModelEntry {
  if (name === undefined) {
    const next = 'use /models/{name}/predict, or set DEFAULT_MODEL on the server'
    throw new ServingError('MODEL_NOT_FOUND', `none of the models is the default (${namesOf(entries)}): ${next}`)
  }
  const versions = entries.filter((entry) => entry.name === name)
  if (versions.length === 0) {
    throw new ServingError('MODEL_NOT_FOUND', `no model is named ${quote(name)}; served: ${namesOf(entries)}`)
  }
  const wanted = versions.filter((entry) => version === undefined || entry.version === version)
  const found = wanted.findLast(({ status }) => status === 'ready') ?? wanted.at(-1)
  if (found) return found
  const served = listNames(versions.map((entry) => entry.version))
  throw new ServingError('MODEL_NOT_FOUND', `model ${name} has no version ${quote(version!)}; served: ${served}`)
}

function namesOf(entries: readonly ModelEntry[]): string {
  return listNames([...new Set(entries.map(({ name }) => name))])
}

/** Quotes and cuts a name that a client sent. */
function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
}

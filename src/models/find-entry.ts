import { ServingError } from '../core/errors.ts'
import { listNames } from '../core/listing.ts'
import type { ModelEntry } from './registry.ts'

/**
 * Finds one version of a model, in whatever state.
 *
 * @param name Of the model; undefined where none is the default.
 * @param version When absent: the newest that is ready, or the newest where none is.
 * @throws ServingError MODEL_NOT_FOUND, with what is served instead.
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

/** A name from the wire, fit for a message. */
function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
}

import type { Model } from './model.ts'
import type { ModelEntry, Registry } from './registry.ts'

/** How the server is as a whole. */
export type ServerStatus = 'ok' | 'degraded' | 'loading' | 'failed' | 'draining'

/** @param isDraining True once the server has been asked to stop. */
export function toServerStatus(entries: readonly ModelEntry[], isDraining: boolean): ServerStatus {
  if (isDraining) return 'draining'
  if (entries.some(({ status }) => status === 'loading')) return 'loading'
  if (!entries.some(isServed)) return 'failed'
  return entries.every(({ status }) => status === 'ready') ? 'ok' : 'degraded'
}

/** Whether at least one model answers, and none is still on its way: what every probe of readiness asks. */
export function canPredict(entries: readonly ModelEntry[], isDraining: boolean): boolean {
  const status = toServerStatus(entries, isDraining)
  return status === 'ok' || status === 'degraded'
}

/** What V2 calls ready: every model answers. */
export function isAllReady(entries: readonly ModelEntry[]): boolean {
  return entries.every(isServed)
}

/** A pause is over soon. Without this, one client could take every replica out of rotation. */
function isServed({ status }: ModelEntry): boolean {
  return status === 'ready' || status === 'paused'
}

/**
 * The models that have something to tell: one version, every version of a name, or all; of these what is loaded.
 *
 * @throws ServingError as `Registry.get` when there is none of that name or version.
 */
export function loadedModels(registry: Registry, name?: string, version?: string): readonly Model[] {
  if (version !== undefined) return [registry.get(name, version)]
  const entries = registry.list().filter((entry) => name === undefined || entry.name === name)
  const models = entries.flatMap((entry) => ('model' in entry ? [entry.model] : []))
  return models.length > 0 || name === undefined ? models : [registry.get(name)]
}

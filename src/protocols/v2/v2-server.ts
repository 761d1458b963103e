import { ServingError } from '../../core/errors.ts'
import { isRecord } from '../../json/record.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'

// Metadata of the server and its models in the Open Inference Protocol, for REST and gRPC.

const V2_EXTENSIONS = [
  'classification',
  'model_configuration',
  'model_repository',
  'binary_tensor_data',
  'parameters',
  'statistics',
] as const

/** Makes the answer to `GET /v2`. */
export function v2Server(name: string, version: string): object {
  return { name, version, extensions: V2_EXTENSIONS }
}

/** A version of a model, with its state. */
export interface V2Entry {
  readonly name: string
  readonly version: string
  readonly status: keyof typeof STATES
  /** The reason of a failure. */
  readonly error?: string
}

const STATES = { ready: 'READY', loading: 'LOADING', failed: 'UNAVAILABLE', paused: 'UNAVAILABLE' } as const

/** Makes the index of the repository. */
export function v2Index(entries: readonly V2Entry[], onlyReady: boolean): object[] {
  const listed = entries.filter(({ status }) => !onlyReady || status === 'ready')
  return listed.map(({ name, version, status, error }) => {
    const reason = status === 'failed' ? `failed to load: ${error}` : ''
    return { name, version, state: STATES[status], reason }
  })
}

/** True if the body of a request for the index asks only for ready models. The body may be empty. */
export function asksForReady(body: Buffer): boolean {
  if (body.length === 0) return false
  checkUtf8(body)
  const asked = parseJson(body.toString())
  if (!isRecord(asked)) throw invalid('', `expected an object, got ${show(asked)}`)
  const { ready = false } = asked
  if (typeof ready !== 'boolean') throw invalid('ready', `expected true or false, got ${show(ready)}`)
  return ready
}

export function versionsOf(entries: readonly V2Entry[], name: string): string[] {
  return entries.filter((entry) => entry.name === name).map(({ version }) => version)
}

/** The error text for a request to load or unload a model. */
export function notAtRunTime(action: string): string {
  return `failed to ${action}: models are read when the server starts; restart it`
}

/**
 * Rethrows MODEL_NOT_FOUND in the words of Triton. Examples of clients search for that text.
 *
 * @throws The errors of `find`.
 */
export function inTritonsWords<T>(find: () => T): T {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'MODEL_NOT_FOUND') throw error
    throw new ServingError('MODEL_NOT_FOUND', unknownModelText(error.message))
  }
}

/** @param why The unknown name, and the names that exist. */
export function unknownModelText(why: string): string {
  return `Request for unknown model: ${why}`
}

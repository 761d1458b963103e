import { ServingError } from '../../core/errors.ts'
import { isRecord } from '../../json/record.ts'
import { checkUtf8, parseJson } from '../../json/parse-json.ts'
import { invalid } from '../../json/input-problems.ts'
import { show } from '../../json/error-texts.ts'

// What the Open Inference Protocol tells of a server and its models, over REST and gRPC.

const V2_EXTENSIONS = [
  'classification',
  'model_configuration',
  'model_repository',
  'binary_tensor_data',
  'parameters',
  'statistics',
] as const

/** `GET /v2`. */
export function v2Server(name: string, version: string): object {
  return { name, version, extensions: V2_EXTENSIONS }
}

/** A version of a model, and how it is. */
export interface V2Entry {
  readonly name: string
  readonly version: string
  readonly status: keyof typeof STATES
  /** Why it failed. */
  readonly error?: string
}

const STATES = { ready: 'READY', loading: 'LOADING', failed: 'UNAVAILABLE', paused: 'UNAVAILABLE' } as const

/** The repository's index. */
export function v2Index(entries: readonly V2Entry[], onlyReady: boolean): object[] {
  const listed = entries.filter(({ status }) => !onlyReady || status === 'ready')
  return listed.map(({ name, version, status, error }) => {
    const reason = status === 'failed' ? `failed to load: ${error}` : ''
    return { name, version, state: STATES[status], reason }
  })
}

/** Whether the body of a request for the index asks for what is ready alone; an empty one is legal. */
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

/** What a request to load or unload a model is answered with. */
export function notAtRunTime(action: string): string {
  return `failed to ${action}: models are read when the server starts; restart it`
}

/**
 * Has an unknown model told in the words that examples of clients look for.
 *
 * @throws What `find` throws.
 */
export function asUnknown<T>(find: () => T): T {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'MODEL_NOT_FOUND') throw error
    throw new ServingError('MODEL_NOT_FOUND', asUnknownText(error.message))
  }
}

/** @param why Which name it is, and what there is instead. */
export function asUnknownText(why: string): string {
  return `Request for unknown model: ${why}`
}

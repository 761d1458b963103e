import { deserialize, serialize } from 'node:v8'
import { outputsProblem, sizeOfOutputs } from '../core/answer-limit.ts'
import { hasBatchAxis } from '../core/signature.ts'
import { rowsOf } from '../core/tensor.ts'
import type { Call, LoadedModel, Reply, RunsCall } from './messages.ts'
import { loadModel, runModel } from './ort.ts'
import type { OrtModel } from './ort.ts'
import type { ModelSource } from './runtime.ts'
import type { RunCall } from './worker-process.ts'
import { fromHeads, toHeads } from './tensor-bytes.ts'
import type { Received, WorkerChannel } from './worker-channel.ts'

type CallOf<K extends Call['kind']> = Extract<Call, { kind: K }>

/** Answers one call after the other until the server closes its end. Then it frees every session. */
export async function serveCalls(channel: WorkerChannel): Promise<void> {
  const models = new Map<number, OrtModel>()
  for (let received = channel.receive(); received; received = channel.receive()) {
    await answerCall(received, models, channel)
  }
  for (const { session } of models.values()) await session.release()
}

async function answerCall(
  { call, bytes }: Received,
  models: Map<number, OrtModel>,
  channel: WorkerChannel,
): Promise<void> {
  if (call.kind === 'run') return computeAll(call, bytes, models.get(call.session), channel)
  if (call.kind === 'load') return load(call, deserialize(bytes) as ModelSource, models, channel)
  await models.get(call.session)?.session.release()
  models.delete(call.session)
  channel.reply({ kind: 'disposed' })
}

async function load(
  { session, intraOpThreads }: CallOf<'load'>,
  source: ModelSource,
  models: Map<number, OrtModel>,
  channel: WorkerChannel,
): Promise<void> {
  const startedAt = performance.now()
  try {
    const model = await loadModel(source, { intraOpThreads })
    models.set(session, model)
    const { signature, unsupportedOutputs } = model
    const loaded: LoadedModel = { signature, unsupportedOutputs, loadMs: performance.now() - startedAt }
    channel.reply({ kind: 'loaded' }, [serialize(loaded)])
  } catch (error) {
    channel.reply(failed(error))
  }
}

/** Answers each run as soon as it is over. If a later run ends this process, the server knows which one it was. */
async function computeAll(
  { runs, maxAnswerBytes }: RunsCall,
  bytes: Uint8Array,
  model: OrtModel | undefined,
  channel: WorkerChannel,
): Promise<void> {
  let at = 0
  for (const { inputs, outputs } of runs) {
    const { tensors, length } = fromHeads(inputs, bytes.subarray(at))
    at += length
    channel.reply(...(await computeRun(model, { inputs: tensors, outputs }, maxAnswerBytes)))
  }
}

async function computeRun(
  model: OrtModel | undefined,
  { inputs, outputs }: RunCall,
  maxAnswerBytes = Infinity,
): Promise<[reply: Reply, parts?: Uint8Array[]]> {
  try {
    if (!model) throw new Error('the session has been disposed')
    const computed = await runModel(model, inputs, outputs)
    const rows = hasBatchAxis(model.signature) ? rowsOf(inputs) : 1
    const problem = outputsProblem(sizeOfOutputs(computed), rows, maxAnswerBytes)
    if (problem) return [{ kind: 'tooLarge', message: problem.message }]
    const parts: Uint8Array[] = []
    return [{ kind: 'outputs', outputs: toHeads(computed, parts) }, parts]
  } catch (error) {
    return [failed(error)]
  }
}

function failed(error: unknown): Reply {
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
}

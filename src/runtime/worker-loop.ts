import type { MessagePort } from 'node:worker_threads'
import { addBuffers } from './messages.ts'
import type { Call, CallKind, CallTypes, Reply, RunCall, RunReply } from './messages.ts'
import { loadModel, runModel } from './ort.ts'
import type { OrtModel } from './ort.ts'

/** What answers each kind of call. */
type Handlers = { [K in CallKind]: (call: CallTypes[K]['args'], id: number) => Promise<CallTypes[K]['result']> }

/**
 * Answers the calls that arrive at `port`, until it is told to stop: then it frees its sessions and closes the port,
 * which lets the thread end by itself. A thread that computes must never be ended from outside.
 */
export function serveCalls(port: MessagePort): void {
  const handlers = createHandlers()

  async function answer(call: Call): Promise<void> {
    try {
      const result = await handlers[call.kind](call as never, call.id)
      port.postMessage(
        { id: call.id, ok: true, result } satisfies Reply,
        Array.isArray(result) ? buffersOf(result) : [],
      )
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      port.postMessage({ id: call.id, ok: false, message } satisfies Reply)
    }
    if (call.kind === 'stop') port.close()
  }

  // One call after the other: 'stop' must not free a session whose run has not come back.
  let last = Promise.resolve()
  port.on('message', (call: Call) => {
    last = last.then(() => answer(call))
  })
}

function createHandlers(): Handlers {
  const models = new Map<number, OrtModel>()
  return {
    load: async ({ source, intraOpThreads }, session) => {
      const startedAt = performance.now()
      const model = await loadModel(source, { intraOpThreads })
      models.set(session, model)
      const { signature, unsupportedOutputs } = model
      return { session, signature, unsupportedOutputs, loadMs: performance.now() - startedAt }
    },
    run: async ({ session, runs }) => {
      const model = models.get(session)
      if (!model) throw new Error('the session has been disposed')
      const replies: RunReply[] = []
      for (const run of runs) replies.push(await runOne(model, run))
      return replies
    },
    dispose: async ({ session }) => {
      await models.get(session)?.session.release()
      models.delete(session)
    },
    stop: async () => {
      for (const { session } of models.values()) await session.release()
      models.clear()
    },
  }
}

/** One that cannot be computed hinders no other. */
async function runOne(model: OrtModel, { inputs, outputs }: RunCall): Promise<RunReply> {
  try {
    return await runModel(model, inputs, outputs)
  } catch (error) {
    return (error as Error).message
  }
}

function buffersOf(replies: readonly RunReply[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = []
  for (const reply of replies) if (typeof reply !== 'string') addBuffers(reply, buffers)
  return buffers
}

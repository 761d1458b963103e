import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { Call, LoadedSession, Reply } from '../../src/runtime/messages.ts'
import { cleanMessage } from '../../src/runtime/ort.ts'
import { serveCalls } from '../../src/runtime/worker-loop.ts'
import { fixtureModel } from '../support/paths.ts'

const source = { file: fixtureModel('regressor'), edits: [], bytes: 0 }

async function ask(port: MessagePort, call: Call): Promise<Reply> {
  port.postMessage(call)
  const [reply] = (await once(port, 'message')) as [Reply]
  return reply
}

test('the loop loads, runs, disposes and stops', async () => {
  const { port1: here, port2: there } = new MessageChannel()
  serveCalls(there)
  const loaded = await ask(here, { id: 1, kind: 'load', source, intraOpThreads: 1 })
  const { session } = (loaded as unknown as { result: LoadedSession }).result
  const inputs = new Map([['X', { dataType: 'float32', shape: [1, 2], data: new Float32Array([1, 1]) } as const]])
  const outputs = new Map([['variable', { dataType: 'float32', shape: [1, 1], data: new Float32Array([6]) }]])
  const run = { kind: 'run', session, runs: [{ inputs, outputs: ['variable'] }] } as const
  expect(await ask(here, { id: 2, ...run })).toEqual({ id: 2, ok: true, result: [outputs] })
  expect(await ask(here, { id: 3, kind: 'dispose', session })).toMatchObject({ id: 3, ok: true })
  expect(await ask(here, { id: 4, ...run })).toMatchObject({
    id: 4,
    ok: false,
    message: 'the session has been disposed',
  })
  await ask(here, { id: 5, kind: 'load', source, intraOpThreads: 1 })
  const closed = once(here, 'close')
  expect(await ask(here, { id: 6, kind: 'stop' })).toMatchObject({ id: 6, ok: true })
  await closed
})

test.each<[string, string | RegExp]>([
  ['Load model from /secret/m.onnx failed:Protobuf parsing failed.', 'Protobuf parsing failed.'],
  [
    'Load model from /secret/m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:187 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&) ModelProto does not have a graph.\n',
    'ModelProto does not have a graph.',
  ],
  [
    'Exception during initialization: /onnxruntime_src/x.cc:235 Locale()::<lambda()> Failed to construct locale with name:en_US.UTF-8:locale::facet name not valid:Please, install',
    'it works with text in the locale en_US.UTF-8, which this machine does not have: install it (Debian: the package locales), or export with the locale C',
  ],
  [
    `Node (x) failed: /onnxruntime_src/onnxruntime/core/framework/op_kernel.cc:83 virtual onnxruntime::OpKernel::Compute(${'x'.repeat(2000)}`,
    /^Node \(x\) failed:\s+virtual onnxruntime/,
  ],
  ['Unsupported data type: 16', /^an output holds bfloat16, which is not supported; .*: export/],
  [
    'Could not find an implementation for Abs(13) node with name ""',
    /^the runtime cannot compute the operator Abs of version 13 with these types: export it with inputs of float32/,
  ],
  [
    'Could not find an implementation for Add(6) node with name ""',
    /^the runtime cannot compute the operator Add of version 6 with these types: export it with an opset of 7 or newer/,
  ],
])('a message of the runtime is cleaned: %s', (message, cleaned) => {
  const text = cleanMessage(new Error(message), '/secret/m.onnx')
  if (typeof cleaned === 'string') expect(text).toBe(cleaned)
  else expect(text).toMatch(cleaned)
})

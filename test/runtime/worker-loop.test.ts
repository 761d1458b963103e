import { deserialize, serialize } from 'node:v8'
import { expect, test } from 'vitest'
import type { Call, Reply } from '../../src/runtime/messages.ts'
import { cleanMessage } from '../../src/runtime/error-messages.ts'
import { toHeads } from '../../src/runtime/tensor-bytes.ts'
import type { Received } from '../../src/runtime/worker-channel.ts'
import { serveCalls } from '../../src/runtime/worker-loop.ts'
import { fixtureModel } from '../support/paths.ts'

const source = { file: fixtureModel('regressor'), edits: [], bytes: 0 }

/** Has the loop answer these calls, until the channel is closed. */
async function ask(...calls: Received[]): Promise<{ reply: Reply; parts: readonly Uint8Array[] }[]> {
  const replies: { reply: Reply; parts: readonly Uint8Array[] }[] = []
  await serveCalls({ receive: () => calls.shift(), reply: (reply, parts = []) => void replies.push({ reply, parts }) })
  return replies
}

function call(head: Call, parts: Uint8Array[] = []): Received {
  return { call: head, bytes: Buffer.concat(parts) }
}

test('the loop of a worker loads, runs and disposes a model, and ends with the channel', async () => {
  const load = call({ kind: 'load', session: 7, intraOpThreads: 1 }, [serialize(source)])
  const parts: Uint8Array[] = []
  const data = new Float32Array([1, 1])
  const inputs = toHeads(new Map([['X', { dataType: 'float32', shape: [1, 2], data }]]), parts)
  const run = call({ kind: 'run', session: 7, runs: [{ inputs, outputs: ['variable'] }] }, parts)
  const replies = await ask(load, run, call({ kind: 'dispose', session: 7 }), run)
  expect(replies.map(({ reply }) => reply)).toMatchObject([
    { kind: 'loaded' },
    { kind: 'outputs', outputs: [['variable', 'float32', [1, 1], 4]] },
    { kind: 'disposed' },
    { kind: 'failed', message: 'the session has been disposed' },
  ])
  expect(deserialize(replies[0]!.parts[0]!)).toMatchObject({ signature: { inputs: [{ name: 'X' }] } })
  expect(Buffer.from(replies[1]!.parts[0]!).readFloatLE()).toBe(6)
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
  [
    'External data path: "../w.bin" resolved path: "/tmp/models/w.bin" allowed directory: "/tmp/models/m/1"',
    'External data path: "../w.bin" resolved path: "w.bin" allowed directory: "1"',
  ],
  ['cannot map /tmp/a/weights.bin: no space left', 'cannot map weights.bin: no space left'],
  ['cannot map C:\\models\\m\\weights.bin', 'cannot map weights.bin'],
  ['Node (/layer.0/attention/MatMul) failed', 'Node (/layer.0/attention/MatMul) failed'],
])('a message of the runtime is cleaned: %s', (message, cleaned) => {
  const text = cleanMessage(new Error(message), '/secret/m.onnx')
  if (typeof cleaned === 'string') expect(text).toBe(cleaned)
  else expect(text).toMatch(cleaned)
})

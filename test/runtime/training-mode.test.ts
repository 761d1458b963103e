import { expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { loadModel, runModel } from '../../src/runtime/ort.ts'
import { temporaryFile } from '../support/folders.ts'
import { tableModel } from '../support/table-model.ts'

// As a framework starts them: the scale equals the variance, and the offset equals the mean.
const [ones, zeros] = [Float32Array.of(1, 1), Float32Array.of(0, 0)]

test('a batch normalization in training mode does not change its parameters from one run to the next', async () => {
  const training = {
    operator: 'BatchNormalization',
    inputs: ['x', 'scale', 'offset', 'mean', 'variance'],
    outputs: ['y', 'running_mean', 'running_variance'],
    attributes: { training_mode: 1, epsilon: { float: 1e-12 } },
  }
  const constants = { scale: ones, offset: zeros, mean: zeros, variance: ones }
  const bytes = tableModel({ inputs: { x: 2 }, nodes: [training], outputs: { y: 2 }, constants })
  const file = temporaryFile('model.onnx', bytes)
  const model = await loadModel({ file, edits: [] }, { intraOpThreads: 1 })
  const x: Tensor = { dataType: 'float32', shape: [2, 2], data: Float32Array.of(1, 20, 3, 10) }
  for (let run = 0; run < 3; run++) {
    const answer = await runModel(model, new Map([['x', x]]), ['y'])
    expect([...(answer.get('y')!.data as Float32Array)]).toEqual([-1, 1, 1, -1])
  }
  await model.session.release()
})

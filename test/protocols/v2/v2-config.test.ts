import { expect, test } from 'vitest'
import { v2Config } from '../../../src/protocols/v2/v2-config.ts'
import { createView, spec } from '../../support/views.ts'

test.each([
  [[-1, 3, 224, 224], 'FORMAT_NCHW'],
  [[-1, 1, 28, 28], 'FORMAT_NCHW'],
  [[-1, 224, 224, 3], 'FORMAT_NHWC'],
  [[-1, 16, 16, 16], 'FORMAT_NONE'],
  [[-1, 4], 'FORMAT_NONE'],
])('the V2 configuration of an input of shape %j says the order of its axes: %s', (shape, format) => {
  const view = createView({
    signature: { inputs: [spec('x', 'float32', shape)], outputs: [spec('y', 'float32', [-1, 10])] },
  })
  expect(v2Config(view, 1)).toMatchObject({ input: [{ format, dims: shape.slice(1) }] })
})

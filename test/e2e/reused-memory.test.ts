import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { writeModel } from '../support/graph-writer.ts'

describe('large bodies and answers that use the same memory one after the other', () => {
  const COLUMNS = 30_000

  function negation(rows: number | string): Buffer {
    const shape = [rows, COLUMNS]
    return writeModel({
      nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', shape }],
      outputs: [{ name: 'y', shape }],
    })
  }

  test.each([
    ['in joined runs, computed inline,', 'N', 'inline'],
    ['in single runs, computed inline,', 1, 'inline'],
    ['in joined runs, computed by workers,', 'N', 'workers'],
    ['in single runs, computed by workers,', 1, 'workers'],
  ])('requests of 16 clients %s are answered with their own values', async (_name, rows, execution) => {
    const modelJson = JSON.stringify({ execution, batching: rows === 'N' ? { maxBatchSize: 8, force: true } : false })
    const folder = createFolder({ 'negation/1/model.onnx': negation(rows), 'negation/model.json': modelJson })
    const { app } = await startApp({ folder, bodyLimitBytes: 1_000_000 })
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v2/models/negation/infer`
    const shape = [1, COLUMNS]
    const parameters = { binary_data_size: COLUMNS * 4 }
    const head = JSON.stringify({
      inputs: [{ name: 'x', shape, datatype: 'FP32', parameters }],
      parameters: { binary_data_output: true },
    })
    const headers = { 'inference-header-content-length': String(head.length) }

    async function ask(value: number): Promise<Float32Array> {
      const values = Buffer.from(new Float32Array(COLUMNS).fill(value).buffer)
      const reply = await fetch(url, { method: 'POST', headers, body: Buffer.concat([Buffer.from(head), values]) })
      expect(reply.status).toBe(200)
      const at = Number(reply.headers.get('inference-header-content-length'))
      return new Float32Array((await reply.arrayBuffer()).slice(at))
    }

    async function client(id: number): Promise<void> {
      for (let turn = 0; turn < 10; turn++) {
        const value = 100 * id + turn + 1
        const answer = await ask(value)
        expect(new Set(answer)).toEqual(new Set([-value]))
      }
    }
    await Promise.all(Array.from({ length: 16 }, (_, id) => client(id)))
  })
})

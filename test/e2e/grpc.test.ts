import { expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { ask, connect } from '../support/grpc.ts'
import { freePort } from '../support/ports.ts'
import { spawnServer, startServer } from '../support/server-process.ts'

const RUNS = 10
const CLIENTS = 32

test(`a stop under load loses no gRPC call, in ${RUNS} stops`, async () => {
  const folder = createFolder({ 'slow.onnx': { model: 'slow' } })
  const input = { name: 'iterations', datatype: 'INT64', shape: [1, 1], contents: { int64_contents: [100] } }
  for (let run = 0; run < RUNS; run++) {
    const port = await freePort()
    const args = ['--model-dir', folder, '--workers=2', '--max-queued=20', `--grpc-port=${port}`]
    const server = await startServer({ args })
    const answered = new Map<string, number>()
    const keepAsking = async (client: ReturnType<typeof connect>): Promise<void> => {
      // Refused connections are those that the server no longer takes.
      for (let code = ''; code !== 'UNAVAILABLE';) {
        ;({ code } = await ask(client, 'ModelInfer', { model_name: 'slow', inputs: [input] }))
        answered.set(code, (answered.get(code) ?? 0) + 1)
      }
    }
    const clients = Array.from({ length: CLIENTS }, () => keepAsking(connect(port)))
    await server.line(({ code }) => code === 'OK')
    server.kill('SIGTERM')
    expect(await server.exited, `run ${run}`).toEqual({ code: 0, signal: null })
    await Promise.all(clients)
    for (const code of ['OK', 'RESOURCE_EXHAUSTED', 'CANCELLED']) {
      const logged = server.lines.filter((line) => line['rpc'] && line['code'] === code)
      expect(logged.length, `${code} in run ${run}`).toBe(answered.get(code) ?? 0)
    }
  }
}, 120_000)

test('a gRPC port that is in use ends the server with exit code 1 and an explanation', async () => {
  const port = await freePort()
  await startServer({ args: [`--grpc-port=${port}`] })
  const second = spawnServer({ args: ['--port=0', `--grpc-port=${port}`] })
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.lines.at(-1)!.msg).toBe(
    `port ${port} is in use: stop what listens there, or choose another with --grpc-port; 0 turns gRPC off`,
  )
})

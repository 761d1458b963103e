// Measures the cost of V2 in JSON, in bytes and over gRPC, each against a minimal server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { v2Codec } from '../dist/protocols/v2/v2.js'
import { compare, tableView } from './decode.mjs'
import { load, loadGrpc, startBare, startGrpcEcho, startServer } from './processes.mjs'

const FLOWER = JSON.stringify({ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 })
const FLOWER_V2 = JSON.stringify({
  inputs: [{ name: 'X', shape: [1, 4], datatype: 'FP64', data: [5.1, 3.5, 1.4, 0.2] }],
})
const PICTURE = [1, 3, 224, 224]
const BYTES = 'application/octet-stream'
const INFER = '/inference.GRPCInferenceService/ModelInfer'

function pixels() {
  return Float32Array.from({ length: 3 * 224 * 224 }, (_, index) => Math.fround(Math.sin(index)))
}

/** A request for the picture's model, as JSON and its bytes behind it. */
function binaryPicture() {
  const data = Buffer.from(pixels().buffer)
  const input = { name: 'x', shape: PICTURE, datatype: 'FP32', parameters: { binary_data_size: data.length } }
  const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }))
  return { body: Buffer.concat([head, data]), headLength: head.length }
}

function grpcRow() {
  const Request = new protobuf.Root()
    .loadSync('src/grpc/inference.proto', { keepCase: true })
    .lookupType('inference.ModelInferRequest')
  const input = { name: 'x', datatype: 'FP32', shape: [1, 4] }
  const raw = Buffer.from(Float32Array.of(5.1, 3.5, 1.4, 0.2).buffer)
  return Request.encode(Request.fromObject({ model_name: 'row', inputs: [input], raw_input_contents: [raw] })).finish()
}

/** @returns Of each round its figures: what, its value, its unit, and what it must reach. */
export async function measureProtocols(rounds, seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-bench-'))
  const picture = join(folder, 'picture')
  const row = join(folder, 'row')
  const { body, headLength } = binaryPicture()
  writeFileSync(picture, body)
  writeFileSync(row, grpcRow())
  const servers = await Promise.all([
    startServer(),
    startServer('--model-dir=bench/models'),
    startBare(),
    startGrpcEcho(),
  ])
  const figures = []
  for (let round = 0; round <= rounds; round++) {
    const measured = await measureOnce(servers, { picture, row, headLength }, seconds / 2)
    // The first round only warms up.
    if (round > 0) figures.push(measured)
  }
  await Promise.all(servers.map((server) => server.stop()))
  rmSync(folder, { recursive: true })
  return figures
}

async function measureOnce([iris, models, bare, echo], { picture, row, headLength }, seconds) {
  const json = (path, body) => ask({ url: `${iris.url}${path}`, body, connections: 32, seconds })
  const v2 = await ratio(
    () => json('/v2/models/iris/infer', FLOWER_V2),
    () => json('/predict', FLOWER),
  )
  const sent = (url, headers) =>
    ask({ url, body: { file: picture }, headers: { 'content-type': BYTES, ...headers }, connections: 4, seconds })
  const binary = await ratio(
    () => sent(`${models.url}/v2/models/picture/infer`, { 'inference-header-content-length': headLength }),
    () => sent(`${bare.url}/copy`, {}),
  )
  const call = (port) => loadGrpc({ port, path: INFER, file: row, streams: 32, seconds })
  const grpc = await ratio(
    async () => (await call(models.grpcPort)).perSecond,
    async () => (await call(echo.grpcPort)).perSecond,
  )
  const calls = seconds > 1 ? 5 : 2
  return [
    ['V2 JSON, iris, one row, against POST /predict', v2, 'times', 0.9],
    ['V2 binary, FP32 [1,3,224,224], against a bare route that copies it', binary, 'times', 0.6],
    [
      'V2 JSON, decoding FP32 [1,3,224,224], against JSON.parse and Float32Array.from',
      decodePicture(calls),
      'times',
      1.2,
      true,
    ],
    ['gRPC, FP32 [1,4], 32 calls at once, against a bare echo', grpc, 'times', 0.7],
  ]
}

/** Measured there and back, so that a machine that gets slower or faster meanwhile favours none of the two. */
async function ratio(first, second) {
  const [a, b, c, d] = [await first(), await second(), await second(), await first()]
  return (a + d) / (b + c)
}

async function ask(options) {
  const { perSecond, byStatus } = await load(options)
  const failed = Object.keys(byStatus).filter((status) => status !== '200')
  if (failed.length > 0) throw new Error(`${options.url} answered ${failed.join(', ')}`)
  return perSecond
}

function decodePicture(calls) {
  const view = tableView([], 100)
  const signature = { ...view.signature, inputs: [{ name: 'x', dataType: 'float32', shape: [-1, 3, 224, 224] }] }
  const input = { name: 'x', shape: PICTURE, datatype: 'FP32', data: Array.from(pixels()) }
  const bytes = Buffer.from(JSON.stringify({ inputs: [input] }))
  const least = () => Float32Array.from(JSON.parse(bytes.toString()).inputs[0].data)
  const [decode, parsed] = compare(() => v2Codec.decode({ bytes }, { ...view, signature }), least, calls, 7)
  return decode / parsed
}

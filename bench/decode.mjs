// Measures the time to decode a body, relative to JSON.parse of the same text. It starts no server and no other process.
import { NameIndex } from '../dist/core/name-index.js'
import { toAnsweredOutputs } from '../dist/models/meaning/answered-outputs.js'
import { toFeatures } from '../dist/models/meaning/features.js'
import { predictCodec } from '../dist/protocols/predict/predict.js'

/** What a protocol sees of a model with so many columns of float32. */
export function tableView(names, maxRows) {
  const signature = {
    inputs: [{ name: 'X', dataType: 'float32', shape: [-1, names.length] }],
    outputs: [{ name: 'y', dataType: 'float32', shape: [-1, 1] }],
  }
  const features = toFeatures(signature, undefined, names)
  return {
    name: 'm',
    version: '1',
    signature,
    features,
    featureIndex: new NameIndex(features.map(({ name }) => name)),
    inputIndex: new NameIndex(['X']),
    ranges: [],
    task: { kind: 'regressor', value: 'y' },
    fileNames: new Map(),
    outputs: toAnsweredOutputs(signature.outputs, new Map(), undefined),
    labels: [],
    labelIndex: new Map(),
    ignoresUnknown: false,
    jsonNan: 'null',
    maxRows,
    maxAnswerBytes: Infinity,
    textRules: [],
  }
}

/** Microseconds a call, the median of rounds that alternate between two functions. */
export function compare(first, second, calls, rounds) {
  const times = [[], []]
  for (let round = 0; round < rounds + 3; round++) {
    for (const [index, run] of [first, second].entries()) {
      const startedAt = performance.now()
      for (let call = 0; call < calls; call++) run()
      // The first rounds only warm up.
      if (round >= 3) times[index].push(((performance.now() - startedAt) * 1000) / calls)
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1])
}

const IRIS = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width']
const THIRTY = Array.from({ length: 30 }, (_, index) => `feature_${index}`)

function valueOf(row, column) {
  return Number((((row * 31 + column * 17) % 1000) / 7).toFixed(4))
}

function records(names, rows) {
  return Array.from({ length: rows }, (_, row) => {
    return Object.fromEntries(names.map((name, column) => [name, valueOf(row, column)]))
  })
}

function decodeJson(names, value, calls, rounds) {
  const view = tableView(names, 100_000)
  const bytes = Buffer.from(JSON.stringify(value))
  const parse = () => JSON.parse(bytes.toString())
  const [decode, parsed] = compare(() => predictCodec.decode({ bytes, isCsv: false }, view), parse, calls, rounds)
  return { ratio: decode / parsed, aboveUs: decode - parsed, decodeUs: decode }
}

function decodeCsv(rows) {
  const view = tableView(THIRTY, rows)
  const lines = Array.from({ length: rows }, (_, row) => THIRTY.map((_name, column) => valueOf(row, column)).join(','))
  const bytes = Buffer.from(`${THIRTY.join(',')}\n${lines.join('\n')}\n`)
  const run = () => predictCodec.decode({ bytes, isCsv: true }, view)
  const [us] = compare(run, () => undefined, 1, 15)
  return bytes.length / us
}

/** @returns Figures: what, its value, its unit, and what it must reach. */
export function measureDecoding() {
  const one = decodeJson(IRIS, records(IRIS, 1)[0], 20_000, 15)
  const wide = decodeJson(THIRTY, records(THIRTY, 1)[0], 5000, 15)
  const asRecords = decodeJson(THIRTY, records(THIRTY, 10_000), 1, 15)
  const arrays = records(THIRTY, 10_000).map((record) => Object.values(record))
  const asRows = decodeJson(THIRTY, { instances: arrays }, 1, 15)
  return [
    ['decoding one record of 4, above JSON.parse', one.aboveUs, 'µs', 3, true],
    ['decoding one record of 4, against JSON.parse', one.ratio, 'times', 1.5, true],
    ['decoding one record of 30, above JSON.parse', wide.aboveUs, 'µs', 6, true],
    ['decoding one record of 30, against JSON.parse', wide.ratio, 'times', 1.5, true],
    ['decoding 10,000 records of 30, against JSON.parse', asRecords.ratio, 'times', 1.5, true],
    ['decoding 10,000 rows of 30, against JSON.parse', asRows.ratio, 'times', 1.5, true],
    ['decoding CSV, 10,000 rows of 30', decodeCsv(10_000), 'MB/s', 20, false],
  ]
}

if (process.argv[1] === import.meta.filename) {
  for (const [what, value, unit] of measureDecoding()) console.log(`${what}: ${value.toPrecision(3)} ${unit}`)
}

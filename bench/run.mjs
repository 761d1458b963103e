// Compares the server with other servers. It starts all of them and interleaves their runs. A figure is a ratio within one
// round. usage: npm run bench [-- --quick] [--only=decoding|protocols|probes|compareSmallModel|compareConvolution|lowLoadAndMemory]
import { measureDecoding } from './decode.mjs'
import { measureProbes } from './probes.mjs'
import { measureProtocols } from './protocols.mjs'
import { printReport, writeReport } from './report.mjs'
import {
  cpuSeconds,
  load,
  residentMb,
  startBare,
  startFastApi,
  startInline,
  startLeast,
  startServer,
} from './processes.mjs'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 2 : 5
const SECONDS = isQuick ? 2 : 4
const IRIS = 'models/iris/1/model.onnx'
const CONVOLUTION = 'test/fixtures/models/convolution.onnx'
const FLOWER = JSON.stringify({ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 })
const SEED = JSON.stringify({ seed: 1 })

const rows = []

function round(value) {
  return Number(value.toPrecision(3))
}

/** The median of a figure over rounds, with its spread. Without a target it stands beside others for comparison. */
function add(what, values, unit, target, isUpperLimit = false) {
  const sorted = values.toSorted((a, b) => a - b)
  const row = { what, value: round(sorted[sorted.length >> 1]), low: round(sorted[0]), high: round(sorted.at(-1)) }
  rows.push({ ...row, unit, target, isUpperLimit })
  console.log(`  ${what}: ${row.value} ${unit}`)
}

async function throughput(server, body, connections, seconds = SECONDS) {
  const { perSecond } = await load({ url: `${server.url}/predict`, body, connections, seconds })
  return perSecond
}

async function compareSmallModel() {
  const [ours, bare, inline, least] = await Promise.all([startServer(), startBare(), startInline(IRIS), startLeast()])
  for (const server of [ours, bare, inline, least]) await throughput(server, FLOWER, 32)
  for (const connections of [32, 64]) {
    const [toBare, toInline, leastToBare] = [[], [], []]
    for (let each = 0; each < ROUNDS; each++) {
      const own = await throughput(ours, FLOWER, connections)
      const barely = await throughput(bare, FLOWER, connections)
      toBare.push(own / barely)
      leastToBare.push((await throughput(least, FLOWER, connections)) / barely)
      toInline.push(own / (await throughput(inline, FLOWER, connections)))
    }
    add(`iris, ${connections} connections, against a bare route`, toBare, 'times', 0.8)
    add(`the least that logs and computes, ${connections} connections, against a bare route`, leastToBare, 'times')
    add(`iris, ${connections} connections, against session.run inline`, toInline, 'times', 1.6)
  }
  await Promise.all([bare.stop(), inline.stop(), least.stop()])
  await compareFastApi(ours)
  await ours.stop()
}

async function compareFastApi(ours) {
  const what = 'iris, 32 connections, against FastAPI + scikit-learn'
  const peer = await startFastApi()
  if (!peer) {
    rows.push({ what, skipped: 'Python 3 or its packages are not there' })
    return
  }
  const ratios = []
  for (let each = 0; each < ROUNDS; each++) {
    ratios.push((await throughput(ours, FLOWER, 32)) / (await throughput(peer, FLOWER, 32)))
  }
  await peer.stop()
  add(what, ratios, 'times', 150)
}

/** The p99 of `/health`, asked one after the other, while the model computes without a pause. */
async function healthP99(server) {
  const pressure = load({ url: `${server.url}/predict`, body: SEED, connections: 32, seconds: SECONDS })
  const { byStatus } = await load({ url: `${server.url}/health`, connections: 1, seconds: SECONDS })
  await pressure
  return byStatus['200'].p99
}

async function compareConvolution() {
  const flags = ['--model-dir=bench/models', '--default-model=convolution']
  const [one, two, inline] = await Promise.all([
    startServer(...flags, '--workers=1'),
    startServer(...flags, '--workers=2'),
    startInline(CONVOLUTION),
  ])
  const [scaling, p99, toInline] = [[], [], []]
  for (let each = 0; each < ROUNDS; each++) {
    scaling.push((await throughput(two, SEED, 32)) / (await throughput(one, SEED, 32)))
    const own = await healthP99(two)
    p99.push(own)
    toInline.push(own / (await healthP99(inline)))
  }
  add('convolution, 2 workers against 1', scaling, 'times', 1.6)
  add('p99 of /health while it saturates all workers', p99, 'ms', 10, true)
  add('p99 of /health, against session.run inline', toInline, 'times', 0.2, true)
  await Promise.all([one.stop(), inline.stop()])
  await overload(two)
  await two.stop()
}

/** At full load, then at three times as much on schedule: what is accepted stays fast, the rest is refused at once. */
async function overload(server) {
  const url = `${server.url}/predict`
  const [ratios, refusals] = [[], []]
  for (let each = 0; each < ROUNDS; each++) {
    const full = await load({ url, body: SEED, connections: 64, seconds: SECONDS })
    const over = await load({ url, body: SEED, connections: 1000, seconds: SECONDS, rate: 3 * full.perSecond })
    ratios.push(over.byStatus['200'].p99 / full.byStatus['200'].p99)
    refusals.push(over.byStatus['429']?.p99 ?? 0)
  }
  add('p99 of accepted requests at 3 times the full load', ratios, 'times', 3, true)
  add('p99 of a refusal at 3 times the full load', refusals, 'ms', 20, true)
}

async function lowLoadAndMemory() {
  const server = await startServer()
  // Before its first requests, the code of a server is not compiled and takes a third more time.
  await throughput(server, FLOWER, 32)
  const shares = []
  for (let each = 0; each < ROUNDS; each++) {
    const [before, startedAt] = [cpuSeconds(server.pid), performance.now()]
    await load({ url: `${server.url}/predict`, body: FLOWER, connections: 10, seconds: SECONDS, rate: 100 })
    shares.push((100 * (cpuSeconds(server.pid) - before)) / ((performance.now() - startedAt) / 1000))
  }
  add('processor at 100 requests a second of iris', shares, '% of a core', 10, true)
  const first = isQuick ? 5000 : 20_000
  await requests(server, first)
  const early = residentMb(server.pid)
  await requests(server, 20 * first - first)
  add(
    `memory after ${20 * first} requests, above that after ${first}`,
    [residentMb(server.pid) - early],
    'MB',
    20,
    true,
  )
  await server.stop()
}

async function requests(server, count) {
  for (let sent = 0; sent < count;) {
    const { byStatus } = await load({ url: `${server.url}/predict`, body: FLOWER, connections: 32, seconds: 2 })
    sent += byStatus['200'].count
  }
}

async function decoding() {
  addFigures(Array.from({ length: ROUNDS }, measureDecoding))
}

async function probes() {
  addFigures(await measureProbes(ROUNDS, SECONDS))
}

async function protocols() {
  addFigures(await measureProtocols(ROUNDS, SECONDS))
}

/** @param rounds The same figures from each round: what, its value, its unit, and what it must reach. */
function addFigures(rounds) {
  for (const [index, [what, , unit, target, isUpperLimit]] of rounds[0].entries()) {
    add(
      what,
      rounds.map((figures) => figures[index][1]),
      unit,
      target,
      isUpperLimit,
    )
  }
}

const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length)
for (const measure of [decoding, protocols, probes, compareSmallModel, compareConvolution, lowLoadAndMemory]) {
  if (only && measure.name !== only) continue
  console.log(measure.name)
  await measure()
}
console.log()
printReport(rows)
if (!isQuick && !only) writeReport(rows, new URL('results/', import.meta.url))

// Measures the time of `/health` from its own process, while other processes post bodies to a convolution.
// usage: node bench/probes.mjs [seconds] [program]...   compares programs, such as another version's dist/main.js
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, startProgram } from './processes.mjs'

const PATH = '/models/planes/predict'
// Each number has one digit behind the point and takes four characters.
const CASES = [
  { what: '32 connections of 50 kB', side: 64, connections: 32, target: 5 },
  { what: '60 connections of 0.7 MB', side: 224, connections: 60, target: 50 },
]

function picture(side) {
  const row = Array.from({ length: side }, (_, index) => (index % 9) / 10 + 0.1)
  const plane = Array.from({ length: side }, () => row)
  return JSON.stringify({ instances: [[plane, plane, plane]] })
}

/** Asks for `/health` every 5 ms, as long as the load goes on. @returns p50 and p99 in ms, and the load's answers a second. */
async function probe(url, file, connections, seconds) {
  const pressure = load({ url: `${url}${PATH}`, body: { file }, connections, seconds })
  const { byStatus } = await load({ url: `${url}/health`, connections: 50, isKnown: true, seconds, rate: 200 })
  const { perSecond } = await pressure
  return { p50: byStatus['200'].p50, p99: byStatus['200'].p99, perSecond }
}

/** @returns For each round its figures: what, its value, its unit, and what it must reach. */
export async function measureProbes(rounds, seconds, programs = ['dist/main.js']) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-bench-'))
  const servers = await Promise.all(programs.map((program) => startProgram(program, '--model-dir=bench/models')))
  const figures = []
  for (let round = 0; round <= rounds; round++) {
    const measured = []
    for (const { what, side, connections, target } of CASES) {
      const file = join(folder, `${side}`)
      writeFileSync(file, picture(side))
      for (const [index, { url }] of servers.entries()) {
        const { p50, p99, perSecond } = await probe(url, file, connections, seconds)
        const named = programs.length > 1 ? `${programs[index]}: ${what}` : what
        measured.push([`p50 of /health beside ${named}`, p50, 'ms', undefined, true])
        measured.push([`p99 of /health beside ${named}`, p99, 'ms', target, true])
        measured.push([`answers beside probes, ${named}`, perSecond, 'a second'])
      }
    }
    // The first round only warms up.
    if (round > 0) figures.push(measured)
  }
  await Promise.all(servers.map((server) => server.stop()))
  rmSync(folder, { recursive: true })
  return figures
}

if (process.argv[1] === import.meta.filename) {
  const [seconds = '4', ...programs] = process.argv.slice(2)
  const rounds = await measureProbes(5, Number(seconds), programs.length > 0 ? programs : undefined)
  for (const [index, [what, , unit]] of rounds[0].entries()) {
    const values = rounds.map((figures) => figures[index][1]).toSorted((a, b) => a - b)
    const [low, median, high] = [values[0], values[values.length >> 1], values.at(-1)].map((value) => value.toFixed(2))
    console.log(`${what}: ${median} ${unit} (${low} to ${high})`)
  }
}

// Shows the self time of the main thread for one request, by part, from a CPU profile under load. The time of the bare
// route stands beside it. usage: npm run profile
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, startProfiled } from './processes.mjs'

const SECONDS = 8
const FLOWER = JSON.stringify({ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 })
// The first pattern that matches counts.
const PARTS = [
  ['write the answer to the socket', /^writev|^writeUtf8String|^writeLatin1String/],
  ['log line', /pino\/|sonic-boom|safe-stable|log-stream|request-log|inference-log|^writeBuffer /],
  ['compute: a run of all that waits', /onnxruntime|backend\.js|inference-session|runtime\/(inline|ort)/],
  ['queue, join and split', /dist\/(scheduling|models)\/|core\/(tensor|cancellation|datatypes)/],
  ['read the body into tensors', /protocols\/(predict\.|plain-rows|json|feature-rows|elements)|secure-json-parse/],
  ['write the answer', /protocols\/|fast-json-stringify|^serialize /],
  ['routes, connections, deadlines', /dist\/http\/|dist\/core\//],
  ['Fastify', /fastify|find-my-way|fast-querystring|avvio|toad-cache/],
  ['garbage collection', /^\(garbage collector\)/],
  ["Node's HTTP, streams, events and timers", /node:/],
]
const REST = 'the rest: native code of Node and V8'

async function profile(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-serve-profile-'))
  const server = await startProfiled(folder, entry)
  const { byStatus } = await load({ url: `${server.url}/predict`, body: FLOWER, connections: 32, seconds: SECONDS })
  await server.stop()
  const profiles = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  rmSync(folder, { recursive: true })
  // Only the thread that serves HTTP is measured.
  const main = profiles.find(({ nodes }) =>
    nodes.some(({ callFrame }) => callFrame.functionName === 'parserOnIncoming'),
  )
  return byParts(main, byStatus['200'].count)
}

/** Microseconds a request, by part. What came before the load is left out. */
function byParts({ nodes, samples, timeDeltas, endTime }, requests) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName} ${callFrame.url}`]))
  const parts = new Map([...PARTS.map(([name]) => [name, 0]), [REST, 0]])
  let at = endTime
  for (let index = samples.length - 1; index > 0 && at > endTime - SECONDS * 1e6; index--) {
    at -= timeDeltas[index]
    const frame = frames.get(samples[index])
    if (frame.startsWith('(idle)')) continue
    const [name] = PARTS.find(([, pattern]) => pattern.test(frame)) ?? [REST]
    parts.set(name, parts.get(name) + timeDeltas[index] / requests)
  }
  return parts
}

const [ours, bare] = [await profile('dist/main.js'), await profile('bench/peers/bare.mjs')]
const sum = (parts) => [...parts.values()].reduce((a, b) => a + b, 0).toFixed(1)
console.log('| part | µs a request | a bare route |\n| --- | --- | --- |')
for (const [name, us] of [...ours].toSorted((a, b) => b[1] - a[1])) {
  console.log(`| ${name} | ${us.toFixed(1)} | ${bare.get(name).toFixed(1)} |`)
}
console.log(`| all | ${sum(ours)} | ${sum(bare)} |`)

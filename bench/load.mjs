// A closed-loop load generator in its own process. Each of its keep-alive connections has one open request.
// usage: node bench/load.mjs '{"url","body","connections","seconds","rate"?,"isKnown"?,"headers"?}'   prints one line of JSON
// A body `{"file"}` means the bytes of that file.
// With `rate` (requests a second) it is open-loop. Requests then start on schedule, also while answers are late.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

// With `isKnown` each connection has sent a request before the clock starts.
const { url, body, connections, seconds, rate, isKnown, headers = {} } = JSON.parse(process.argv[2])
const { hostname, port, pathname } = new URL(url)
const request = toRequest()

function toRequest() {
  if (body === undefined) return Buffer.from(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`)
  const bytes = body.file ? readFileSync(body.file) : Buffer.from(body)
  const all = { host: hostname, 'content-type': 'application/json', 'content-length': bytes.length, ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes])
}

const latencies = new Map() // status → milliseconds
const run = { isOn: true }
let late = 0

/** One connection; `send` resolves with the status of the answer. */
function open() {
  const socket = connect(Number(port), hostname).setNoDelay(true)
  let head = ''
  let missing = 0 // bytes of the body that have not come yet
  let settle
  socket.on('data', (chunk) => {
    if (missing > 0) missing -= chunk.length
    else {
      // The bytes of a long body are only counted.
      head += chunk.subarray(0, 8192).latin1Slice()
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      const received = head.length + Math.max(0, chunk.length - 8192)
      missing = end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]) - received
    }
    if (missing > 0) return
    const status = head.slice(9, 12)
    head = ''
    settle(status)
  })
  socket.on('error', () => settle?.('error'))
  return {
    connected: once(socket, 'connect'),
    end: () => socket.destroy(),
    send: () =>
      new Promise((resolve) => {
        settle = resolve
        socket.write(request)
      }),
  }
}

function note(status, ms) {
  if (!latencies.has(status)) latencies.set(status, [])
  latencies.get(status).push(ms)
}

async function closedLoop(connection) {
  while (run.isOn) await sendOnce(connection)
}

/**
 * Starts requests on schedule on whatever connection is free; one that finds none starts late, and counts from then on.
 *
 * @returns Resolves when all are answered, so that the slow ones count too.
 */
async function openLoop(pool, startedAt) {
  const free = [...pool]
  const underWay = new Set()
  for (let n = 0; run.isOn; n++) {
    const due = startedAt + (n * 1000) / rate
    if (due > performance.now()) await delay(Math.max(0, due - performance.now()))
    const connection = free.pop()
    if (!connection) {
      late++
      continue
    }
    const answered = sendOnce(connection)
    underWay.add(answered)
    void answered.finally(() => {
      underWay.delete(answered)
      free.push(connection)
    })
  }
  await Promise.all(underWay)
}

async function sendOnce(connection) {
  const sentAt = performance.now()
  note(await connection.send(), performance.now() - sentAt)
}

const pool = Array.from({ length: connections }, open)
await Promise.all(pool.map(({ connected, send }) => (isKnown ? send() : connected)))
const startedAt = performance.now()
setTimeout(() => (run.isOn = false), seconds * 1000)
await (rate ? openLoop(pool, startedAt) : Promise.all(pool.map(closedLoop)))
const elapsed = (performance.now() - startedAt) / 1000
for (const connection of pool) connection.end()

const byStatus = Object.fromEntries(
  [...latencies].map(([status, list]) => {
    const sorted = Float64Array.from(list).toSorted()
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
    return [status, { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }]
  }),
)
console.log(JSON.stringify({ perSecond: (byStatus['200']?.count ?? 0) / elapsed, late, byStatus }))

// Keeps a number of gRPC calls open on one connection, over bare HTTP/2. A client library would be slower than the server.
// usage: node bench/load-grpc.mjs '{"port","path","file","streams","seconds"}'   prints one line of JSON
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, constants } from 'node:http2'

const { port, path, file, streams, seconds } = JSON.parse(process.argv[2])
const message = readFileSync(file)
const prefix = Buffer.alloc(5)
prefix.writeUInt32BE(message.length, 1)
const body = Buffer.concat([prefix, message])
const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }

const session = connect(`http://127.0.0.1:${port}`)
await once(session, 'connect')
session.setLocalWindowSize(2 ** 24)
const run = { isOn: true }
const byStatus = {}

function call() {
  return new Promise((resolve) => {
    const stream = session.request(headers)
    let status
    const take = (fields) => (status = fields['grpc-status'] ?? status)
    stream.on('response', take)
    stream.on('trailers', take)
    stream.on('data', () => undefined)
    stream.on('close', () => resolve(stream.rstCode === constants.NGHTTP2_NO_ERROR ? status : 'reset'))
    stream.on('error', () => undefined)
    stream.end(body)
  })
}

async function loop() {
  while (run.isOn) {
    const status = await call()
    byStatus[status] = (byStatus[status] ?? 0) + 1
  }
}

const startedAt = performance.now()
setTimeout(() => (run.isOn = false), seconds * 1000)
await Promise.all(Array.from({ length: streams }, loop))
const elapsed = (performance.now() - startedAt) / 1000
session.close()
console.log(JSON.stringify({ perSecond: (byStatus['0'] ?? 0) / elapsed, byStatus }))

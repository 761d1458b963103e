// The yardstick: a Fastify route that parses the same body and answers a constant of the same size.
import { fastify } from 'fastify'

const app = fastify()
const answer = {
  model: 'iris',
  version: '1',
  predictions: [{ label: 'setosa', probabilities: { setosa: 1, versicolor: 0, virginica: 0 } }],
}
app.get('/health', async () => ({ status: 'ok' }))
app.post('/predict', async () => answer)
app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
// The minimum for a server that returns the bytes that it got: one copy.
app.post('/copy', async (request, reply) => reply.type('application/octet-stream').send(Buffer.from(request.body)))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('ready')
// A profile is written by a process that exits.
process.once('SIGTERM', () => process.exit(0))

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
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('ready')

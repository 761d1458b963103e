// The minimal server of this model. It parses the body, logs a line, computes all waiting requests in one run, and
// answers. It has no queue, no limits, no deadlines and no cancellation, and it checks nothing.
import { fastify } from 'fastify'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { pino } from 'pino'

const session = await InferenceSession.create('models/iris/1/model.onnx', { intraOpNumThreads: 1 })
const log = pino({ base: null }, pino.destination({ dest: 1, sync: false, minLength: 4096 }))
let waiting = []

async function computeAll() {
  const jobs = waiting
  waiting = []
  const data = new Float64Array(jobs.length * 4)
  for (const [index, { row }] of jobs.entries()) data.set(row, index * 4)
  const { label, probabilities } = await session.run({ X: new Tensor('float64', data, [jobs.length, 4]) })
  for (const [index, { resolve }] of jobs.entries()) {
    const [setosa, versicolor, virginica] = probabilities.data.subarray(index * 3, index * 3 + 3)
    resolve({ label: label.data[index], probabilities: { setosa, versicolor, virginica } })
  }
}

function predict(row) {
  return new Promise((resolve) => {
    if (waiting.push({ row, resolve }) === 1) setImmediate(computeAll)
  })
}

const app = fastify()
app.get('/health', async () => ({ status: 'ok' }))
app.post('/predict', async ({ body, id }) => {
  const startedAt = performance.now()
  const prediction = await predict([body.sepal_length, body.sepal_width, body.petal_length, body.petal_width])
  const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000
  log.info({ reqId: id, method: 'POST', route: '/predict', status: 200, durationMs, model: 'iris', rows: 1 }, 'request')
  return { model: 'iris', version: '1', predictions: [prediction] }
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('ready')

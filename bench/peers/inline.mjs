// The server of a tutorial: a route that calls `session.run` on the thread that serves HTTP.
import { fastify } from 'fastify'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(process.env.MODEL)
const [input] = session.inputMetadata
const app = fastify()
app.get('/health', async () => ({ status: 'ok' }))
app.post('/predict', async ({ body }) => {
  const values = Object.values(body)
  const data = input.type === 'float64' ? Float64Array.from(values) : Float32Array.from(values)
  const outputs = await session.run({ [input.name]: new Tensor(input.type, data, [1, values.length]) })
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, Array.from(tensor.data)]))
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('ready')

import { expect } from 'vitest'
import { ask, connect } from './grpc.ts'
import { FLOWER } from './iris.ts'

// How each platform starts a container and what it asks of it, as its documentation says. The same contracts hold for the
// program and for the image.

/** Where a platform puts things: inside of the container, or on this machine. */
interface Place {
  readonly port: number
  readonly grpcPort: number
  /** What is mounted. */
  readonly models: string
}

export interface Platform {
  readonly name: string
  readonly args: (place: Place) => readonly string[]
  readonly env: (place: Place) => Readonly<Record<string, string>>
  /** In the container. */
  readonly place: Place
  /** What stands there, from the root of this repository. */
  readonly mounted: string
  /** Whether the server finds it by the folder's name alone. */
  readonly isFound?: boolean
  readonly user?: string
  /** @throws Error when something is not as the platform expects. */
  readonly check: (url: string, grpcPort: number) => Promise<void>
}

const ROW = Object.values(FLOWER)
const SETOSA = { label: 'setosa', probabilities: { setosa: 1, versicolor: 0, virginica: 0 } }
const CSV = `${Object.keys(FLOWER).join(',')}\n${ROW.join(',')}\n`
const DEPLOYED = '/v1/endpoints/123/deployedModels/456:predict'

const none = (): readonly string[] => []

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'SageMaker',
    args: () => ['serve'],
    env: ({ port }) => ({ SAGEMAKER_BIND_TO_PORT: String(port), SAGEMAKER_SAFE_PORT_RANGE: '12000-13000' }),
    place: { port: 8080, grpcPort: 8001, models: '/opt/ml/model' },
    mounted: 'models/iris',
    isFound: true,
    check: checkSageMaker,
  },
  {
    name: 'SageMaker, with several models',
    args: () => ['serve'],
    env: ({ port }) => ({ SAGEMAKER_BIND_TO_PORT: String(port), SAGEMAKER_MULTI_MODEL: 'true' }),
    place: { port: 8080, grpcPort: 8001, models: '/opt/ml/model' },
    mounted: 'models',
    isFound: true,
    async check(url) {
      expect(await get(`${url}/ping`)).toEqual({ status: 200, body: '' })
      expect(await getJson(`${url}/models`)).toMatchObject({ models: [{ modelName: 'iris' }] })
      expect(await postJson(`${url}/models/iris/invoke`, { instances: [ROW] })).toEqual({ predictions: [SETOSA] })
      const load = await post(`${url}/models`, '{"model_name":"x","url":"/opt/ml/models/x/model"}')
      expect(load.status).toBe(501)
    },
  },
  {
    name: 'Vertex AI, at paths of its own',
    args: none,
    env: ({ port }) => vertexAi(port, DEPLOYED, DEPLOYED),
    place: { port: 8080, grpcPort: 8001, models: '/app/models' },
    mounted: 'models',
    check: (url) => checkVertexAi(url, DEPLOYED, DEPLOYED),
  },
  {
    name: 'Vertex AI, at paths that its users choose',
    args: none,
    env: ({ port }) => vertexAi(port, '/health', '/predict'),
    place: { port: 8080, grpcPort: 8001, models: '/app/models' },
    mounted: 'models',
    check: (url) => checkVertexAi(url, '/health', '/predict'),
  },
  {
    name: 'Azure ML',
    args: ({ port }) => ['--port', String(port)],
    env: ({ models }) => ({ AZUREML_MODEL_DIR: models, AZUREML_ENTRY_SCRIPT: 'none' }),
    place: { port: 5001, grpcPort: 8001, models: '/var/azureml-app/azureml-models/iris/1' },
    mounted: 'models/iris',
    async check(url) {
      expect((await get(`${url}/health/live`)).status).toBe(200)
      expect((await get(`${url}/health/ready`)).status).toBe(200)
      expect(await postJson(`${url}/score`, { instances: [FLOWER] })).toEqual({ predictions: [SETOSA] })
    },
  },
  {
    name: 'Cloud Run and Knative',
    args: none,
    env: ({ port }) => ({ PORT: String(port), K_SERVICE: 'iris', K_REVISION: 'iris-00001' }),
    place: { port: 8080, grpcPort: 8001, models: '/app/models' },
    mounted: 'models',
    async check(url) {
      expect((await get(`${url}/health`)).status).toBe(200)
      expect(await postJson(`${url}/predict`, FLOWER)).toMatchObject({ predictions: [SETOSA] })
    },
  },
  kserve('models/iris', '/mnt/models'),
  kserve('models/iris/1/model.onnx', '/mnt/models/model.onnx'),
  {
    name: 'MLflow',
    args: none,
    env: ({ port }) => ({ PORT: String(port), MLFLOW_DEPLOYMENT_FLAVOR_NAME: 'onnx' }),
    place: { port: 8080, grpcPort: 8001, models: '/opt/ml/model' },
    mounted: 'models/iris',
    isFound: true,
    async check(url) {
      for (const path of ['/ping', '/health', '/version']) expect((await get(`${url}${path}`)).status).toBe(200)
      const split = { columns: Object.keys(FLOWER), data: [ROW] }
      expect(await postJson(`${url}/invocations`, { dataframe_split: split })).toEqual({ predictions: [SETOSA] })
      expect(await postJson(`${url}/invocations`, { dataframe_records: [FLOWER] })).toEqual({ predictions: [SETOSA] })
      expect((await post(`${url}/invocations`, 'x', { 'content-type': 'text/plain' })).status).toBe(415)
    },
  },
]

/** @param file What is mounted where: a folder, or the file alone. */
function kserve(mounted: string, models: string): Platform {
  return {
    name: `KServe, with ${models}`,
    args: ({ port, grpcPort, models: folder }) => [
      '--model_name=flowers',
      `--model_dir=${folder.replace(/\/model\.onnx$/, '')}`,
      `--http_port=${port}`,
      `--grpc_port=${grpcPort}`,
    ],
    env: () => ({ STORAGE_URI: 'pvc://models' }),
    place: { port: 8080, grpcPort: 9000, models },
    mounted,
    user: '1010',
    async check(url, grpcPort) {
      expect(await getJson(`${url}/v1/models/flowers`)).toEqual({ name: 'flowers', ready: true })
      expect(await getJson(`${url}/v2/models/flowers/ready`)).toEqual({ name: 'flowers', ready: true })
      const { predictions } = await postJson(`${url}/v1/models/flowers:predict`, { instances: [ROW] })
      expect(predictions).toEqual([expect.objectContaining({ label: 'setosa' })])
      const input = { name: 'X', datatype: 'FP64', shape: [1, 4], data: ROW }
      expect(await postJson(`${url}/v2/models/flowers/infer`, { inputs: [input] })).toMatchObject({
        model_name: 'flowers',
      })
      const { code, reply } = await ask(connect(grpcPort), 'ModelReady', { name: 'flowers' })
      expect({ code, reply }).toEqual({ code: 'OK', reply: { ready: true } })
    },
  }
}

function vertexAi(port: number, health: string, predict: string): Record<string, string> {
  return {
    AIP_HTTP_PORT: String(port),
    AIP_HEALTH_ROUTE: health,
    AIP_PREDICT_ROUTE: predict,
    AIP_MODE: 'PREDICTION',
    AIP_STORAGE_URI: 'gs://bucket/model',
  }
}

async function checkVertexAi(url: string, health: string, predict: string): Promise<void> {
  expect((await get(`${url}${health}`)).status).toBe(200)
  const body = { instances: [ROW, FLOWER], parameters: { confidence: 0.5 } }
  expect(await postJson(`${url}${predict}`, body)).toEqual({ predictions: [SETOSA, SETOSA] })
}

async function checkSageMaker(url: string): Promise<void> {
  expect(await get(`${url}/ping`)).toEqual({ status: 200, body: '' })
  expect(await getJson(`${url}/execution-parameters`)).toMatchObject({ BatchStrategy: 'MULTI_RECORD' })
  const csv = { 'content-type': 'text/csv', accept: 'text/csv' }
  expect(await post(`${url}/invocations`, CSV, csv)).toEqual({ status: 200, body: 'setosa\n' })
  const lines = { 'content-type': 'application/jsonlines', accept: 'application/jsonlines' }
  const line = `${JSON.stringify(FLOWER)}\n`
  expect(await post(`${url}/invocations`, line, lines)).toEqual({ status: 200, body: `${JSON.stringify(SETOSA)}\n` })
  expect(await postJson(`${url}/invocations`, { instances: [ROW] })).toEqual({ predictions: [SETOSA] })
}

interface Reply {
  readonly status: number
  readonly body: string
}

async function get(url: string): Promise<Reply> {
  const reply = await fetch(url)
  return { status: reply.status, body: await reply.text() }
}

async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Reply> {
  const all = { 'content-type': 'application/json', ...headers }
  const reply = await fetch(url, { method: 'POST', body, headers: all })
  return { status: reply.status, body: await reply.text() }
}

async function getJson(url: string): Promise<any> {
  return JSON.parse((await get(url)).body)
}

async function postJson(url: string, body: object): Promise<any> {
  return JSON.parse((await post(url, JSON.stringify(body))).body)
}

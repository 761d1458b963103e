import { expect, test } from 'vitest'
import { platformSettings, readPlatform } from '../../src/process/platform-environment.ts'

test.each<[string, Record<string, string>, boolean, string | undefined]>([
  ['no port is chosen without a variable', {}, false, undefined],
  ['the port comes from PORT', { PORT: '1' }, false, '1'],
  ['the port of Vertex AI counts before PORT', { AIP_HTTP_PORT: '2', PORT: '1' }, false, '2'],
  [
    'the port of SageMaker counts before those of Vertex AI and PORT',
    { SAGEMAKER_BIND_TO_PORT: '3', AIP_HTTP_PORT: '2', PORT: '1' },
    true,
    '3',
  ],
  ['the command serve chooses port 8080', {}, true, '8080'],
  ['PORT counts before the port of the command serve', { PORT: '1' }, true, '1'],
])('%s', (_case, env, isServe, port) => {
  expect(platformSettings(env, isServe, () => false).port).toBe(port)
})

test.each<[Record<string, string>, string[], string | undefined]>([
  [{}, [], undefined],
  [{ AZUREML_MODEL_DIR: '/azure' }, ['/mnt/models'], '/azure'],
  [{ MODEL_DIR: '/mine', AZUREML_MODEL_DIR: '/azure' }, [], '/mine'],
  [{}, ['/mnt/models', '/opt/ml/model'], '/mnt/models'],
  [{}, ['/opt/ml/model'], '/opt/ml/model'],
])('the variables %j and the mounts %j choose the model folder %s', (env, mounted, folder) => {
  expect(platformSettings(env, false, (path) => mounted.includes(path)).modelDir).toBe(folder)
})

test('variables of Vertex AI and SageMaker choose the routes and the mode for several models', () => {
  const env = { AIP_HEALTH_ROUTE: '/h', AIP_PREDICT_ROUTE: '/p:predict', SAGEMAKER_MULTI_MODEL: 'true' }
  expect(readPlatform(env)).toEqual({ healthPath: '/h', predictPath: '/p:predict', isMultiModel: true })
  const none = { healthPath: undefined, predictPath: undefined, isMultiModel: false }
  expect(readPlatform({ AIP_HEALTH_ROUTE: '', SAGEMAKER_MULTI_MODEL: 'false' })).toEqual(none)
})

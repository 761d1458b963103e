import { expect, test } from 'vitest'
import { platformSettings, readPlatform } from '../../src/process/platform-environment.ts'

test.each<[string, Record<string, string>, boolean, string | undefined]>([
  ['nothing', {}, false, undefined],
  ['PORT', { PORT: '1' }, false, '1'],
  ['Vertex AI before PORT', { AIP_HTTP_PORT: '2', PORT: '1' }, false, '2'],
  ['SageMaker before both', { SAGEMAKER_BIND_TO_PORT: '3', AIP_HTTP_PORT: '2', PORT: '1' }, true, '3'],
  ['serve', {}, true, '8080'],
  ['PORT before serve', { PORT: '1' }, true, '1'],
])('the port of %s', (_case, env, isServe, port) => {
  expect(platformSettings(env, isServe, () => false).port).toBe(port)
})

test.each<[Record<string, string>, string[], string | undefined]>([
  [{}, [], undefined],
  [{ AZUREML_MODEL_DIR: '/azure' }, ['/mnt/models'], '/azure'],
  [{ MODEL_DIR: '/mine', AZUREML_MODEL_DIR: '/azure' }, [], '/mine'],
  [{}, ['/mnt/models', '/opt/ml/model'], '/mnt/models'],
  [{}, ['/opt/ml/model'], '/opt/ml/model'],
])('the folder of models for %j and %j', (env, mounted, folder) => {
  expect(platformSettings(env, false, (path) => mounted.includes(path)).modelDir).toBe(folder)
})

test('routes that platforms choose', () => {
  const env = { AIP_HEALTH_ROUTE: '/h', AIP_PREDICT_ROUTE: '/p:predict', SAGEMAKER_MULTI_MODEL: 'true' }
  expect(readPlatform(env)).toEqual({ healthPath: '/h', predictPath: '/p:predict', isMultiModel: true })
  const none = { healthPath: undefined, predictPath: undefined, isMultiModel: false }
  expect(readPlatform({ AIP_HEALTH_ROUTE: '', SAGEMAKER_MULTI_MODEL: 'false' })).toEqual(none)
})

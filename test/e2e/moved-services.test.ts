import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolder } from '../support/folders.ts'
import { post } from '../support/http.ts'
import { codeBlocks, expectAnswer } from '../support/markdown.ts'
import { ROOT } from '../support/paths.ts'
import { startServer } from '../support/server-process.ts'

// A Python with the packages of tools/requirements-export.txt. Without one, the tests that need it are skipped.
const PYTHON = process.env['EXPORT_PYTHON']
const PAGE = readFileSync(join(ROOT, 'docs/from-fastapi.md'), 'utf8')
const BLOCKS = codeBlocks(PAGE)
const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }

const canImport = (module: string): boolean =>
  PYTHON !== undefined && spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0

interface Shell {
  readonly folder: string
  run(command: string): string
  /** Runs Python code that prints JSON. */
  ask(code: string): unknown
}

/** A folder in which the commands of the page can be pasted: it has the project's files, and `python`. */
function openShell(): Shell {
  const folder = createFolder({ 'bin/python': '#!/bin/sh\nexec "$EXPORT_PYTHON" "$@"\n' })
  chmodSync(join(folder, 'bin/python'), 0o755)
  for (const name of ['examples', 'tools']) symlinkSync(join(ROOT, name), join(folder, name))
  const path = [join(folder, 'bin'), ...(PYTHON?.includes('/') ? [join(PYTHON, '..')] : []), process.env['PATH']]
  const env = {
    ...process.env,
    PATH: path.join(':'),
    BENTOML_HOME: join(folder, 'bentoml'),
    BENTOML_DO_NOT_TRACK: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: join(ROOT, 'examples/recommender'),
  }
  const run = (command: string) => execFileSync('bash', ['-euc', command], { cwd: folder, env, encoding: 'utf8' })
  const ask = (code: string) =>
    JSON.parse(execFileSync(PYTHON!, ['-c', code], { cwd: folder, env, encoding: 'utf8' })) as unknown
  return { folder, run, ask }
}

/**
 * Runs the commands of a language as pasted, if they contain the word. A server that they start listens on a free port
 * in place of its own. Returns the number of blocks.
 */
async function paste(shell: Shell, language: string, word = ''): Promise<number> {
  const ports = new Map<string, string>()
  let count = 0
  for (const [index, block] of BLOCKS.entries()) {
    if (block.language !== language || !block.text.includes(word)) continue
    count++
    const server = /^npm start -- (.*)$/.exec(block.text)?.[1]
    if (server !== undefined) {
      const [, port = '8000'] = / --port (\d+)/.exec(server) ?? []
      const args = server.replace(/ --(grpc-)?port \d+/g, '').split(' ')
      ports.set(port, new URL((await startServer({ args, cwd: shell.folder })).url).port)
      continue
    }
    const command = block.text.replace(/localhost:(\d+)/, (_, port: string) => `localhost:${ports.get(port)}`)
    expectAnswer(shell.run(command.replace('curl ', 'curl -sS ')), BLOCKS[index + 1])
  }
  return count
}

describe.runIf(PYTHON)('the services that docs/from-fastapi.md moves', () => {
  test('every command works as pasted, and the models answer all rows as scikit-learn and pandas do', async () => {
    const shell = openShell()
    expect(await paste(shell, 'sh')).toBe(8)
    const titanic = await startServer({ args: ['--model-dir', join(shell.folder, 'my-models')] })
    const passengers = shell.ask(ASK_FOREST) as { rows: object[]; labels: number[]; survived: number[] }
    expect(passengers.rows).toHaveLength(800)
    const { body } = await post(`${titanic.url}/predict`, { instances: passengers.rows })
    const predictions = body.predictions as { label: number; probabilities: Record<string, number> }[]
    expect(predictions.map(({ label }) => label)).toEqual(passengers.labels)
    for (const [index, { probabilities }] of predictions.entries()) {
      expect(probabilities['1']).toBeCloseTo(passengers.survived[index]!, 5)
    }
    const films = await startServer({ args: ['--model-dir', join(shell.folder, 'my-recommender')] })
    const asked = shell.ask(ASK_FRAMES) as Record<'pairs' | 'users', { row: object; prediction: unknown }[]>
    for (const [model, cases] of [['recommender', asked.pairs] as const, ['recommender-top', asked.users] as const]) {
      const reply = await post(`${films.url}/models/${model}/predict`, { instances: cases.map(({ row }) => row) })
      expect(reply.body.predictions).toEqual(cases.map(({ prediction }) => prediction))
    }
  }, 300_000)

  test('a list that is longer than what a user has left to see is not written', () => {
    const shell = openShell()
    expect(() => shell.run('python examples/recommender/build.py --top 60 --out none 2>&1')).toThrow(
      expect.objectContaining({ stdout: expect.stringContaining('the graph cannot list 60') }),
    )
  })

  test.runIf(canImport('bentoml'))(
    'a model in the store of BentoML is exported and served',
    async () => {
      const shell = openShell()
      expect(await paste(shell, 'bash', 'bentoml')).toBe(1)
      const server = await startServer({ args: ['--model-dir', join(shell.folder, 'my-flowers')] })
      expect(await post(`${server.url}/predict`, FLOWER)).toMatchObject({
        body: { predictions: [{ label: 'setosa' }] },
      })
    },
    120_000,
  )

  test.runIf(canImport('mlflow'))(
    'a folder of MLflow is served, or its pickle is exported and served',
    async () => {
      const shell = openShell()
      expect(await paste(shell, 'bash', 'mlflow')).toBe(1)
      for (const folder of ['mlflow-onnx', 'my-flowers']) {
        const server = await startServer({ args: ['--model-dir', join(shell.folder, folder)] })
        const predictions = [{ label: 'setosa' }]
        expect(await post(`${server.url}/predict`, FLOWER)).toMatchObject({ body: { predictions } })
        const invoked = await post(`${server.url}/invocations`, { dataframe_records: [FLOWER] })
        expect(invoked).toMatchObject({ body: { predictions } })
      }
    },
    120_000,
  )
})

const ASK_FOREST = `
import json, joblib, pandas as pd
table = pd.read_csv("passengers.csv").drop(columns="survived")
forest = joblib.load("model.joblib")
columns = pd.get_dummies(table)[forest.feature_names_in_]
print(json.dumps({"rows": table.to_dict("records"), "labels": forest.predict(columns).tolist(),
                  "survived": forest.predict_proba(columns)[:, 1].tolist()}))`

const ASK_FRAMES = `
import json
from build import STRANGER, pairs_of
from original import make_frames, rate, top
ratings, similarity = make_frames()
pairs = [*pairs_of(ratings, 1000), (1, STRANGER), (STRANGER, 1193), (STRANGER, STRANGER)]
users = [*map(int, ratings.index), STRANGER]
tops = [top(ratings, similarity, user) for user in users]
rated = [rate(ratings, similarity, *pair) for pair in pairs]
print(json.dumps({
    "pairs": [{"row": {"user_id": u, "movie_id": m}, "prediction": {"rating": r, "raters": n}}
              for (u, m), (r, n) in zip(pairs, rated)],
    "users": [{"row": {"user_id": u}, "prediction": {"movies": [*map(int, t.index)], "ratings": t.tolist()}}
              for u, t in zip(users, tops)]}))`

test('the committed recommender answers a pair, strangers, and a list without what the user has rated', async () => {
  const { url } = await startServer({ args: ['--model-dir', 'examples', '--default-model', 'recommender'] })
  const rating = async (user_id: number, movie_id: number) =>
    (await post(`${url}/predict`, { user_id, movie_id })).body.predictions[0] as unknown
  expect(await rating(1, 1193)).toEqual({ rating: 3.682899, raters: 3 })
  expect(await rating(999_999, 1193)).toEqual({ rating: 3, raters: 0 })
  expect(await rating(1, 999_999)).toEqual({ rating: 3, raters: 0 })
  const lists = JSON.parse(readFileSync(join(ROOT, 'examples/recommender-top/1/examples.json'), 'utf8')) as {
    examples: { input: object; prediction: object }[]
  }
  for (const { input, prediction } of lists.examples) {
    const { body } = await post(`${url}/models/recommender-top/predict`, input)
    expect(body.predictions).toEqual([prediction])
  }
})

test('docs/from-fastapi.md shows the files of the old service and of the new one', () => {
  const files = ['before/app.py', 'before/Dockerfile', 'after/Dockerfile', 'before/docker-compose.yml']
  const shown = BLOCKS.filter(({ language }) => ['python', 'dockerfile', 'yaml'].includes(language))
  expect(shown).toHaveLength(files.length)
  const read = (file: string) => readFileSync(join(ROOT, 'examples/titanic-fastapi', file), 'utf8')
  for (const [index, file] of files.entries()) expect(read(file)).toContain(shown[index]!.text)
  expect(read('after/docker-compose.yml')).toBe(read('before/docker-compose.yml'))
  expect(PAGE.split('\n').length).toBeLessThanOrEqual(200)
})

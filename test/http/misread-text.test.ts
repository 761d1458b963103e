import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createFolder } from '../support/folders.ts'
import { FIXTURES } from '../support/paths.ts'

const JSON_TYPE = 'application/json'
const WHY =
  'the file would cut "naïve" apart, since it knows words of a-z, A-Z, 0-9 and _ alone: export the model again with tools/export_sklearn.py, or write "misreadText": "allow" into model.json'

/** A text classifier as skl2onnx writes it by default, with what model.json says. */
function startTexts({ pairs = false, description = {} } = {}) {
  const file = join(FIXTURES, 'parity', `text-default-pattern${pairs ? '-pairs' : ''}`, '1/model.onnx')
  const files = { 'm/1/model.onnx': readFileSync(file), 'm/model.json': JSON.stringify(description) }
  return startApp({ folder: createFolder(files) })
}

describe('a text model with the default pattern of skl2onnx', () => {
  const v2 = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [2, 1], data: ['a film', 'a naïve film'] }] }
  const bodies: [where: string, path: string, type: string, body: string, at: string][] = [
    ['a record', '/predict', JSON_TYPE, JSON.stringify({ text: 'a naïve film' }), 'text'],
    ['a row of many', '/predict', JSON_TYPE, JSON.stringify([['a film'], ['a naïve film']]), 'rows[1].text'],
    ['CSV', '/predict', 'text/csv', 'text\na naïve film\n', 'text'],
    ['V1', '/v1/models/m:predict', JSON_TYPE, JSON.stringify({ instances: [['a naïve film']] }), 'text'],
    ['a tensor', '/predict', JSON_TYPE, JSON.stringify({ inputs: { text: [['a naïve film']] } }), 'text'],
    ['V2', '/v2/models/m/infer', JSON_TYPE, JSON.stringify(v2), 'rows[1].text'],
  ]

  test.each(bodies)(
    'a word that the tokenizer of a text model would split is refused in %s',
    async (_, path, type, body, at) => {
      const { server } = await startTexts()
      const reply = await request(server).post(path).set('content-type', type).send(body)
      expect(reply.status).toBe(400)
      expect(reply.body.error).toContain(`${at}: ${WHY}`)
    },
  )

  test('texts of ASCII are answered, and a warning at load says which texts are refused', async () => {
    const { server } = await startTexts()
    const reply = await request(server).post('/predict').send({ text: 'A wonderful film, and it is 1 of 5!' })
    expect(reply.body).toMatchObject({ predictions: [{ label: 'yes' }] })
    const { body } = await request(server).get('/models/m')
    expect(body.warnings).toEqual([
      'its Tokenizer has the pattern [a-zA-Z0-9_]+, which skl2onnx writes in place of the default of scikit-learn: it cuts words with other letters apart; such text is refused: export the model again with tools/export_sklearn.py',
    ])
  })

  test('single characters between words are refused if the model counts pairs of words', async () => {
    const { server } = await startTexts({ pairs: true })
    const reply = await request(server).post('/predict').send({ text: 'this is a film' })
    expect(reply.status).toBe(400)
    expect(reply.body.error).toMatch(/^text: the file takes "a" for a word, where scikit-learn passes over single/)
    expect((await request(server).post('/predict').send({ text: 'A great film' })).status).toBe(200)
  })

  test('letters whose lower case the file does not know are refused, without a warning at load', async () => {
    const file = readFileSync(join(FIXTURES, 'parity/text-classifier/1/model.onnx'))
    const { server } = await startApp({ folder: createFolder({ 'm/1/model.onnx': file }) })
    const reply = await request(server).post('/predict').send({ text: 'a naïve \u212Aelvin' })
    expect(reply.status).toBe(400)
    expect(reply.body.error).toBe(
      'text: the file makes another lower case of "\u212Aelvin" than Python: send it in lower case, or write "misreadText": "allow" into model.json',
    )
    expect((await request(server).post('/predict').send({ text: 'A NAÏVE film' })).status).toBe(200)
    expect((await request(server).get('/models/m')).body).not.toHaveProperty('warnings')
  })

  test('any text is answered if model.json allows it, with a warning at load', async () => {
    const { server } = await startTexts({ description: { misreadText: 'allow' } })
    expect((await request(server).post('/predict').send({ text: 'a naïve film' })).status).toBe(200)
    const { body } = await request(server).get('/models/m')
    expect(body.warnings).toEqual([expect.stringMatching(/cuts words .* apart; model\.json allows such text$/)])
  })
})

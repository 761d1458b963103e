import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toLabels } from '../../../src/models/meaning/class-labels.ts'
import { readModelJson } from '../../../src/models/files/model-json.ts'
import { createFolder } from '../../support/folders.ts'

const LONG = [2n ** 53n + 1n, 2n ** 53n + 3n]

async function labelsOf(json: string) {
  const folder = createFolder({ 'model.json': `{"labels":${json}}` })
  return (await readModelJson(join(folder, 'model.json'))).labels
}

describe('labels of integers beyond 2^53', () => {
  test.each(['[9007199254740993,9007199254740995]', '["9007199254740993","9007199254740995"]', '[9007199254740993,5]'])(
    'labels that are integers beyond 2^53 stay exact: %s',
    async (json) => {
      const classes = json.includes(',5') ? [LONG[0]!, 5n] : LONG
      for (const told of [classes, undefined]) {
        const { labels, labelIndex } = toLabels(told, await labelsOf(json))
        expect(labels.map(String)).toEqual(classes.map(String))
        expect([...labelIndex.keys()]).toEqual(classes.map(String))
      }
    },
  )

  test('labels that are integers beyond 2^53 are refused if the file has other integers', async () => {
    for (const json of ['[9007199254740992,9007199254740995]', '["9007199254740995","9007199254740993"]']) {
      const labels = await labelsOf(json)
      expect(() => toLabels(LONG, labels)).toThrow(/but the file says 9007199254740993, 9007199254740995$/)
    }
  })
})

import { expect, test } from 'vitest'
import { listNames } from '../../src/core/listing.ts'

test('a list of a few names shows all of them', () => {
  expect(listNames([])).toBe('')
  expect(listNames(['iris', 'titanic'])).toBe('iris, titanic')
})

test('a list of names stays short, even if there are many names or they are very long', () => {
  const many = Array.from({ length: 5000 }, (_, index) => `model-${index}`)
  expect(listNames(many)).toMatch(/^model-0, model-1, .*, model-9 and 4990 more$/)
  expect(listNames(many.map(() => 'x'.repeat(10_000))).length).toBeLessThan(700)
})

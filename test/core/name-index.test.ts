import { describe, expect, test } from 'vitest'
import { NameIndex } from '../../src/core/name-index.ts'

/** The name that is found, if any. */
function find(name: string, names: readonly string[]): string | undefined {
  return names[new NameIndex(names).find(name) ?? -1]
}

describe('names that are found', () => {
  const MANGLED: readonly [given: string, known: string][] = [
    ['sepal_length__cm_', 'sepal length (cm)'],
    ['sepal_length_(cm)', 'sepal length (cm)'],
    ['sepal_length_cm', 'sepal length (cm)'],
    ['sepal.length..cm.', 'sepal length (cm)'],
    ['sepal_length__cm', 'sepal length (cm)'],
    [' age ', 'age'],
    ['age:0', 'age'],
    ['gr__e', 'größe'],
    ['größe', 'größe'],
    ['größe__cm_', 'größe (cm)'],
    ['pr_x', 'pr€x'],
  ]
  test.each(MANGLED)('the name %j is found as %j, and the other way round', (one, other) => {
    expect(find(one, ['x', other, 'y'])).toBe(other)
    expect(find(other, ['x', one, 'y'])).toBe(one)
  })

  test('a name is found in either Unicode form', () => {
    expect(find('gro\u0308ße', ['größe'])).toBe('größe')
    expect(find('größe', ['gro\u0308ße'])).toBe('gro\u0308ße')
  })

  test('an exact name is found before names that are alike', () => {
    const names = ['a b', 'a_b', 'a__b']
    for (const name of names) expect(find(name, names)).toBe(name)
  })

  test('the strictest spelling decides between names that are alike', () => {
    expect(find('x__1_', ['x (1)', 'x 1'])).toBe('x (1)')
  })
})

describe('names that are not found', () => {
  test('a name is not found if several names are alike', () => {
    const index = new NameIndex(['a b', 'a-b', 'c'])
    expect(index.find('a_b')).toBeUndefined()
    expect(index.alike('a_b')).toEqual([0, 1])
  })

  test.each([
    ['-1', ['1']],
    ['', ['a']],
    ['__', ['温度', '湿度']],
    ['Age', ['age']],
    ['ages', ['age']],
  ])('the name %j is not found among %j', (name, names) => {
    expect(find(name, names)).toBeUndefined()
  })
})

test('a name is still found after thousands of unknown names', () => {
  const index = new NameIndex(['sepal length (cm)'])
  for (let at = 0; at < 5000; at++) expect(index.find(`name ${at}`)).toBeUndefined()
  expect(index.find('sepal_length__cm_')).toBe(0)
})

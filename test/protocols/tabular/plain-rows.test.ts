import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import { readPlainRows } from '../../../src/protocols/tabular/plain-rows.ts'
import { createView, spec, tableView } from '../../support/views.ts'

const NAMES = ['a', 'b', 'c']

function read(text: string, model: ModelView = tableView()): number[] | undefined {
  const [tensor] = readPlainRows(Buffer.from(text), model)?.values() ?? []
  return tensor && Array.from(tensor.data as Float32Array, Number)
}

/** What JSON.parse says that a body holds, if it is one of the forms. */
function parse(text: string): number[] | undefined {
  const value = JSON.parse(text) as Record<string, unknown> | unknown[]
  const rows = Array.isArray(value) ? value : Array.isArray(value['instances']) ? value['instances'] : [value]
  return rows
    .flatMap((row: Record<string, number> | number[]) => {
      return Array.isArray(row) ? row : NAMES.map((name) => row[name]!)
    })
    .map(Math.fround)
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 })
const literal = fc.oneof(
  fc.integer().map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(4)),
  fc.constantFrom('0', '-0', '0.5', '-0.0', '1e5', '1E-3', '123456789012345', '1234567890123456', '0.1234567890123456'),
)
const row = fc.tuple(fc.tuple(literal, literal, literal), fc.boolean(), space)
const body = fc
  .tuple(
    fc.array(row, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('record', 'list', 'instances'),
    fc.boolean(),
    space,
  )
  .map(([rows, form, isRecords, gap]) => {
    const texts = rows.map(([values, , between]) => {
      const members = values.map((value, index) => (isRecords ? `"${NAMES[index]}"${between}:${gap}${value}` : value))
      return `${isRecords ? '{' : '['}${members.join(`${between},${gap}`)}${isRecords ? '}' : ']'}`
    })
    if (form === 'record' && isRecords) return `${gap}${texts[0]}${gap}`
    const list = `[${gap}${texts.join(`,${gap}`)}${gap}]`
    return form === 'instances' ? `{${gap}"instances":${list}}${gap}` : list
  })

describe('plain rows', () => {
  test('the fast reader of plain rows reads what JSON.parse reads, or leaves the body to it', () => {
    let readCount = 0
    fc.assert(
      fc.property(body, (text) => {
        const values = read(text)
        if (values) readCount++
        if (values) expect(values).toEqual(parse(text))
      }),
      { numRuns: 2000 },
    )
    expect(readCount).toBeGreaterThan(100)
  })

  test('the fast reader of plain rows never reads invalid JSON, or JSON with duplicate or missing keys', () => {
    const mutation = fc.tuple(
      body,
      fc.nat(),
      fc.constantFrom('"', ',', ':', '{', '}', '[', ']', '0', '-', '.', 'e', 'a', ' ', '\\', '\0', '\u00a0', '٣', ''),
      fc.boolean(),
    )
    fc.assert(
      fc.property(mutation, ([text, place, character, isInsert]) => {
        const at = place % text.length
        const mutated = text.slice(0, at) + character + text.slice(isInsert ? at : at + 1)
        const values = read(mutated)
        if (values) expect(values).toEqual(parse(mutated))
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    '{"a":1,"b":2,"c":3}',
    '[{"a":1,"b":2,"c":3}]',
    '[[1,2,3]]',
    '{"instances":[[1,2,3]]}',
    '{ "instances" : [ { "a" : 1 , "b" : 2 , "c" : 3 } ] }\n',
  ])('the fast reader of plain rows reads %j', (text) => {
    expect(read(text)).toEqual([1, 2, 3])
  })

  test.each([
    '{"a":1,"b":2}',
    '{"a":1,"b":2,"c":3,"d":4}',
    '{"a":1,"b":2,"c":3,"c":3}',
    '{"b":2,"a":1,"c":3}',
    '{"a":1,"b":null,"c":3}',
    '{"a":1,"b":"2","c":3}',
    '{"a":01,"b":2,"c":3}',
    '{"a":1.,"b":2,"c":3}',
    '{"a":.5,"b":2,"c":3}',
    '{"a":-,"b":2,"c":3}',
    '{"a":1,"b":2,"c":3}}',
    '{"a":1,"b":2,"c":3',
    '{"instances":[[1,2,3]],"x":1}',
    '{"instances":{"a":1,"b":2,"c":3}}',
    '[[1,2,3],]',
    '[[1,2,3][1,2,3]]',
    '[[1,2,3],{"a":1,"b":2,"c":3}]',
    '[]',
    '{}',
    '',
    '"',
  ])('the fast reader of plain rows leaves %j to the general reader', (text) => {
    expect(read(text)).toBeUndefined()
  })

  test('plain rows are left to the general reader if the model takes a fixed number of rows, or fewer', () => {
    const fixed = createView({ signature: { inputs: [spec('X', 'float32', [1, 3])], outputs: [] } })
    expect(read('{"x0":1,"x1":2,"x2":3}', fixed)).toBeUndefined()
    expect(read('[[1,2,3],[1,2,3]]', tableView({ maxRows: 1 }))).toBeUndefined()
  })

  test('the fast reader of plain rows checks the values of features that are no plain numbers', () => {
    const model = createView({
      signature: { inputs: [spec('X', 'float32', [-1, 2])], outputs: [] },
      features: [{ name: 'n', type: 'integer' }, { name: 'f' }],
    })
    expect(read('{"n":1,"f":2.5}', model)).toEqual([1, 2.5])
    expect(read('{"n":1.5,"f":2.5}', model)).toBeUndefined()
  })

  test('plain rows are left to the general reader if a name has quotes or other special characters', () => {
    const names = (name: string) =>
      createView({ signature: { inputs: [spec('X', 'float32', [-1, 1])], outputs: [] }, features: [{ name }] })
    expect(read('{"größe":1}', names('größe'))).toBeUndefined()
    expect(read('{"a"b":1}', names('a"b'))).toBeUndefined()
    expect(read('{"a\\b":1}', names('a\\b'))).toBeUndefined()
    // The bytes of é are the codes of these two characters.
    expect(read('{"é":1}', names('Ã©'))).toBeUndefined()
    expect(read('{"a\nb":1}', names('a\nb'))).toBeUndefined()
  })
})

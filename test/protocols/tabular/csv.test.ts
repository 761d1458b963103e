import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import type { ModelView } from '../../../src/core/model-view.ts'
import { exampleCsv, exampleRecords } from '../../../src/protocols/predict/example-body.ts'
import { predictCodec } from '../../../src/protocols/predict/predict.ts'
import { problemsOf } from '../../support/errors.ts'
import { createView, spec } from '../../support/views.ts'

const people = createView({
  signature: {
    inputs: [
      spec('age', 'float32', [-1, 1]),
      spec('visits', 'int64', [-1, 1]),
      spec('member', 'bool', [-1, 1]),
      spec('name', 'string', [-1, 1]),
    ],
    outputs: [spec('y', 'float32', [-1, 1])],
  },
  features: [{ name: 'age', missing: 'nan' }, { name: 'visits' }, { name: 'member' }, { name: 'name' }],
})

const NO_VALUE =
  'no value stands for it. If the model takes it, write "missing" with a value for this feature into model.json'

const words = createView({
  signature: {
    inputs: [spec('a', 'string', [-1, 1]), spec('b', 'string', [-1, 1])],
    outputs: [spec('y', 'float32', [-1, 1])],
  },
})

function decode(text: string | Buffer, model: ModelView = people) {
  const { inputs } = predictCodec.decode({ bytes: Buffer.from(text as string), isCsv: true }, model)
  return Object.fromEntries(Array.from(inputs, ([name, { data }]) => [name, Array.from<unknown>(data)]))
}

describe('an integer feature', () => {
  const types = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const
  const numbers = ['3', '3.0', '3.00', '3e0', '30e-1', '0.3e1', '0.0', '100', '1e2']
  const bounds = ['-128', '-1.0', '-0.0', '255', '256.0', '65536', '2147483648.0', '4294967296', '1e10', '-1e18']
  const long = [
    '9007199254740993',
    '9007199254740993.0',
    '9.007199254740993e15',
    '9223372036854775807.00',
    '1e19',
    '1e20',
  ]
  const fractions = ['3.5', '0.5', '1e-1', '9007199254740993.5', '3.00000000000000000000001']
  const floats = ['float32', 'float64'] as const

  /** What a number is as a feature of this datatype: its value, or that it is refused. */
  function readAs(text: string, isCsv: boolean, model: ModelView): unknown {
    const bytes = Buffer.from(isCsv ? `n\n${text}\n` : `{"n":${text}}`)
    try {
      return predictCodec.decode({ bytes, isCsv }, model).inputs.get('n')!.data[0]
    } catch {
      return 'refused'
    }
  }

  test.each([...types, ...floats])('an integer feature in a column of %s is read from CSV as from JSON', (dataType) => {
    const model = createView({
      signature: { inputs: [spec('n', dataType, [-1, 1])], outputs: [] },
      features: [{ name: 'n', type: 'integer' }],
    })
    for (const text of [...numbers, ...bounds, ...long, ...fractions]) {
      expect([text, readAs(text, true, model)]).toEqual([text, readAs(text, false, model)])
    }
    const isLong = dataType === 'int64' || dataType === 'uint64'
    for (const text of numbers.slice(0, 6)) expect(readAs(text, true, model)).toBe(isLong ? 3n : 3)
    for (const text of fractions) expect(readAs(text, false, model)).toBe('refused')
    if (isLong) for (const text of long.slice(0, 3)) expect(readAs(text, true, model)).toBe(9007199254740993n)
  })
})

describe('CSV', () => {
  test('CSV is read by its header, in any order of columns', () => {
    expect(decode('name,member,age,visits\nAda,true,36.5,2\n"Bob, ""B""",False,1e1,9007199254740993\n')).toEqual({
      age: [36.5, 10],
      visits: [2n, 9007199254740993n],
      member: [1, 0],
      name: ['Ada', 'Bob, "B"'],
    })
  })

  test.each([
    ['the line breaks of Windows', 'age,visits,member,name\r\n1,2,true,x\r\n'],
    ['a byte order mark at its start', '\uFEFFage,visits,member,name\n1,2,true,x\n'],
    ['no line break at its end', 'age,visits,member,name\n1,2,true,x'],
    ['mixed line breaks', 'age,visits,member,name\n1,2,true,x\r\n'],
    ['empty lines', 'age,visits,member,name\n\n1,2,true,x\n\n'],
    ['quotes around every cell', '"age","visits","member","name"\n"1","2","true","x"\n'],
  ])('CSV may have %s', (_case, text) => {
    expect(decode(text)).toEqual({ age: [1], visits: [2n], member: [1], name: ['x'] })
  })

  test('a quote within a CSV cell is read as a normal character', () => {
    expect(decode('a,b\r\n5" pipe,x\r\ny,6" pipe\r\n', words)).toEqual({ a: ['5" pipe', 'y'], b: ['x', '6" pipe'] })
  })

  test('CSV cells keep their characters, quoted or not, with every kind of line break', () => {
    const character = fc.constantFrom('a', '"', ',', '\n', '\r', '\r\n', ' ', 'é')
    const name = fc.string({ unit: character, minLength: 1 })
    const write = (cell: string, isQuoted: boolean): string => {
      const isPlain = !isQuoted && !/^"|[,\r\n]/.test(cell)
      return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`
    }
    const line = fc.record({ names: fc.tuple(name, name), isQuoted: fc.boolean(), end: fc.constantFrom('\n', '\r\n') })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const rows = lines.map(({ names, isQuoted, end }) => names.map((each) => write(each, isQuoted)).join(',') + end)
        expect(decode(`a,b\r\n${rows.join('')}`, words)).toEqual({
          a: lines.map(({ names }) => names[0]),
          b: lines.map(({ names }) => names[1]),
        })
      }),
    )
  })

  test('an empty CSV cell is read as a missing value', () => {
    expect(decode('age,visits,member,name\n,2,true,x')).toMatchObject({ age: [Number.NaN] })
    expect(problemsOf(() => decode('age,visits,member,name\n1,,,'))).toEqual([
      `rows[0].visits: expected an integer, got null: ${NO_VALUE}`,
      `rows[0].member: expected true or false, got null: ${NO_VALUE}`,
      `rows[0].name: expected a string, got null: ${NO_VALUE}`,
    ])
  })

  test.each([
    '',
    ' ',
    '\t',
    'nan',
    'NaN',
    'NAN',
    '-nan',
    'NA',
    '<NA>',
    'N/A',
    'n/a',
    '#N/A',
    'null',
    'NULL',
    'None',
    ' NA ',
  ])('the CSV cell %j is read as a missing value in every column except those of strings', (cell) => {
    expect(decode(`age,visits,member,name\n${cell},2,true,x`)).toMatchObject({ age: [Number.NaN] })
    expect(problemsOf(() => decode(`age,visits,member,name\n1,${cell},${cell},x`))).toEqual([
      `rows[0].visits: expected an integer, got null: ${NO_VALUE}`,
      `rows[0].member: expected true or false, got null: ${NO_VALUE}`,
    ])
    if (cell !== '') expect(decode(`age,visits,member,name\n1,2,true,${cell}`)).toMatchObject({ name: [cell] })
  })

  test('spaces in CSV are ignored around numbers, integers and booleans, and are kept in strings', () => {
    expect(decode('age,visits,member,name\n 1.5 ,\t2 , True, x ')).toEqual({
      age: [1.5],
      visits: [2n],
      member: [1],
      name: [' x '],
    })
  })

  test.each<[string, string | Buffer, string[]]>([
    ['no content', '', [': expected a header with the names of the features, and rows']],
    ['only a header', 'age,visits,member,name\n', [': expected a header with the names of the features, and rows']],
    [
      'no header',
      '1,2,true,x\n1,2,true,x',
      [
        'header[0]: "1" is no feature of this model',
        expect.anything(),
        expect.anything(),
        expect.anything(),
        'header: the column "age" is missing',
        expect.anything(),
        expect.anything(),
        expect.anything(),
      ],
    ],
    ['the same column twice', 'age,age,visits,member,name\n1,1,2,true,x', ['header[1]: age is given twice']],
    ['a short row', 'age,visits,member,name\n1,2,true', ['rows[0]: expected 4 cells as in the header, got 3']],
    [
      'a quote that is not closed',
      'age,visits,member,name\n1,2,true,"x',
      ['line 2: the body is not valid CSV: Quoted field unterminated'],
    ],
    [
      'words instead of numbers',
      'age,visits,member,name\nold,1.5,yes,x',
      [
        'rows[0].age: expected a number, got "old"',
        'rows[0].visits: expected an integer, got "1.5"',
        'rows[0].member: expected true or false, got "yes"',
      ],
    ],
    [
      'numbers in another notation',
      'age,visits,member,name\n0x10,1,true,x\n1 000,1,true,x\nInfinity,1e,true,x',
      [
        'rows[0].age: expected a number, got "0x10"',
        'rows[1].age: expected a number, got "1 000"',
        'rows[2].age: expected a number, got "Infinity"',
        'rows[2].visits: expected an integer, got "1e"',
      ],
    ],
    ['bytes that are no text', Buffer.from([0x61, 0xff]), [': the body is not valid UTF-8']],
  ])('CSV with %s is refused, and the error says where and why', (_case, text, problems) => {
    expect(problemsOf(() => decode(text))).toEqual(problems)
  })

  test('CSV is refused above the limit of rows, and by a model without features', () => {
    const small = { ...people, maxRows: 1 }
    expect(problemsOf(() => decode('age,visits,member,name\n1,2,true,x\n1,2,true,x', small))).toEqual([
      ': expected at most 1 rows in one request, got 2',
    ])
    const image = createView({ signature: { inputs: [spec('x', 'float32', [-1, 1, 2, 2])], outputs: [] } })
    expect(problemsOf(() => decode('a\n1', image))).toEqual([
      ': this model has no features that columns of a CSV could be',
    ])
  })

  test.each(['\n', '\r\n'])('a quoted CSV cell keeps its last characters if the line ends with %j', (end) => {
    const lines = ['age,visits,member,name', '1,2,true,"a\r"', '1,2,true,"b\r\n"', '1,2,true,c']
    expect(decode(lines.join(end))['name']).toEqual(['a\r', 'b\r\n', 'c'])
  })

  test('CSV that a library writes carries any text and any number', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((value) => !value.includes('\0') && value.isWellFormed())
    const row = fc.record({
      age: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      visits: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      member: fc.boolean(),
      name: text,
    })
    const lineEnd = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), lineEnd, (rows, newline) => {
        const cells = rows.map(({ age, visits, member, name }) => [String(age), String(visits), String(member), name])
        const csv = Papa.unparse([['age', 'visits', 'member', 'name'], ...cells], { newline })
        expect(decode(csv)).toEqual({
          age: rows.map(({ age }) => age),
          visits: rows.map(({ visits }) => visits),
          member: rows.map(({ member }) => (member ? 1 : 0)),
          name: rows.map(({ name }) => name),
        })
      }),
    )
  })

  test('CSV with millions of characters is refused with a short error', () => {
    const lines = problemsOf(() => decode(`age,visits,member,name\n${'1,2,true,x\n'.repeat(200_000)}`))
    expect(lines).toEqual([': expected at most 100 rows in one request, got 101'])
    const digits = problemsOf(() => decode(`age,visits,member,name\n1,${'9'.repeat(1_000_000)},true,x`))
    expect(digits[0]!.length).toBeLessThan(200)
    expect(problemsOf(() => decode(`${','.repeat(1_000_000)}\n1`))[0]).toBe('header: expected 4 columns, got 1000001')
  })

  test('the documented example of CSV is accepted as it is', () => {
    expect(decode(exampleCsv(people, exampleRecords(people))!)).toEqual({
      age: [0],
      visits: [0n],
      member: [0],
      name: ['text'],
    })
  })
})

import { describe, expect, test } from 'vitest'
import type { ExampleGaps } from '../../../src/core/feature.ts'
import { toFeatures } from '../../../src/models/meaning/features.ts'
import { toDefaultRule } from '../../../src/models/meaning/missing-rules.ts'
import type { MissingProofs } from '../../../src/onnx/column-proofs.ts'
import { spec } from '../../support/views.ts'

const signature = { inputs: [spec('X', 'float32', [-1, 2])], outputs: [] }
const NOTHING: ExampleGaps = { names: new Set(), positions: new Set() }
const PROOFS: MissingProofs = new Map([
  [
    'X',
    [
      { isHandled: true, reason: 'the model replaces it' },
      { isHandled: false, reason: 'the operator Relu is not known to handle it' },
    ],
  ],
])

function rules(described: Parameters<typeof toFeatures>[1], gaps = NOTHING, proofs: MissingProofs = PROOFS) {
  const toDefault = toDefaultRule(signature, proofs, gaps)
  return toFeatures(signature, described, [], toDefault).map(({ missing }) => missing)
}

describe('the rule for missing values of a feature', () => {
  test('the rule for missing values follows from the graph if model.json and examples.json do not set it', () => {
    const found = [
      { rule: 'nan', by: 'graph', reason: 'the model replaces it' },
      { rule: 'refuse', by: 'graph', reason: 'the operator Relu is not known to handle it' },
    ]
    expect(rules(undefined)).toEqual(found)
    expect(rules([{ name: 'a' }, { name: 'b' }])).toEqual(found)
  })

  test('all columns of an input with a free number of columns have the same rule for missing values', () => {
    const free = { inputs: [spec('X', 'float32', [-1, -1])], outputs: [] }
    const proofs: MissingProofs = new Map([['X', [{ isHandled: true, reason: 'the model replaces it' }]]])
    const features = toFeatures(free, [{ name: 'a' }, { name: 'b' }], [], toDefaultRule(free, proofs, NOTHING))
    expect(features.map(({ missing }) => missing.rule)).toEqual(['nan', 'nan'])
  })

  test.each<[what: string, gaps: Partial<ExampleGaps>]>([
    ['by name', { names: new Set(['b']) }],
    ['by a name that a converter has changed', { names: new Set(['b_(cm)']) }],
    ['by position', { positions: new Set([1]) }],
  ])('a feature that a row of examples.json leaves out accepts missing values, and is found %s', (_how, gaps) => {
    const name = gaps.names?.has('b_(cm)') ? 'b__cm_' : 'b'
    expect(rules([{ name: 'a' }, { name }], { ...NOTHING, ...gaps })[1]).toEqual({
      rule: 'nan',
      by: 'examples.json',
      reason: 'a row of examples.json is without it',
    })
  })

  test('the rule for missing values in model.json overrides those of the graph and of examples.json', () => {
    const said = { by: 'model.json', reason: 'model.json says so' }
    const shown = { ...NOTHING, positions: new Set([0, 1]) }
    expect(
      rules(
        [
          { name: 'a', missing: 'refuse' },
          { name: 'b', missing: 'nan' },
        ],
        shown,
      ),
    ).toEqual([
      { ...said, rule: 'refuse' },
      { ...said, rule: 'nan' },
    ])
    expect(
      rules([
        { name: 'a', missing: -1 },
        { name: 'b', type: 'date', missing: '1970-01-02' },
      ]),
    ).toEqual([
      { ...said, rule: 'value', value: -1 },
      { ...said, rule: 'value', value: '1970-01-02' },
    ])
  })

  test.each([
    ['number', 'NaN', /^model\.json: "missing" of feature a: expected a number, "nan" or "refuse", got "NaN"$/],
    ['integer', 1.5, /"missing" of feature a: expected an integer, "nan" or "refuse", got 1\.5$/],
    ['date', 'never', /"missing" of feature a: expected a date, "nan" or "refuse", got "never"$/],
  ] as const)(
    'a feature of the type %s cannot have the value %j in place of a missing one',
    (type, missing, message) => {
      expect(() => rules([{ name: 'a', type, missing }, { name: 'b' }])).toThrow(message)
    },
  )

  test('a missing value in a column of integers cannot be NaN', () => {
    const integers = { inputs: [spec('n', 'int64', [-1, 1])], outputs: [] }
    expect(() => toFeatures(integers, [{ name: 'n', missing: 'nan' }])).toThrow(
      'model.json: a missing value of feature n cannot be NaN in a column of int64: give a value for "missing", or "refuse"',
    )
  })

  test('in a column of strings, a missing value may be the text "nan", or model.json may refuse it', () => {
    const words = { inputs: [spec('s', 'string', [-1, 1])], outputs: [] }
    const rule = (missing: string) => toFeatures(words, [{ name: 's', missing }])[0]!.missing
    expect(rule('nan')).toMatchObject({ rule: 'value', value: 'nan' })
    expect(rule('refuse')).toMatchObject({ rule: 'refuse', by: 'model.json' })
  })
})

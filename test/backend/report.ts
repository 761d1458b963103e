import type { Exception } from './exceptions.ts'

// The part of docs/models.md that tells which of the tests are not served.

const [BEGIN, END] = ['<!-- made by npm run test:backend: begin -->', '<!-- made by npm run test:backend: end -->']

/** The reasons for which models are refused at load, by what the server says of them. */
const GROUPS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  [
    'operators of an opset before 7, which ONNX Runtime does not compute',
    /cannot compute the operator \w+ of version [1-6] /,
  ],
  ['a node whose version and types ONNX Runtime does not compute', /cannot compute the operator/],
  ['operators of training or of previews, which ONNX Runtime does not have', /operators that are no part of ONNX/],
  ['inputs of 8-bit floats or floats of 4 bits', /input \S+ holds float[48]/],
  ['inputs of integers of 2 or 4 bits', /input \S+ holds u?int[24],/],
  ['inputs of bfloat16', /input \S+ holds bfloat16/],
  ['inputs that are sequences or optional values', /input \S+ is (?:sequence|optional)/],
  ['only outputs of bfloat16, of floats of 4 or 8 bits, or of integers of 2 or 4 bits', /output \S+ is tensor/],
  ['only outputs that are sequences or optional values', /output \S+ is (?:sequence|optional)/],
  ['recurrent layers with the batch as first axis (`layout=1`)', /Batchwise recurrent operations/],
]

const LOCALE = 'text in the locale `en_US.UTF-8`; served if the machine has it'

/** What became of a model that was not served. */
export interface Refusal {
  readonly name: string
  /** The server's words; undefined where it needs a locale. */
  readonly error: string | undefined
}

export interface Counts {
  readonly models: number
  readonly asExpected: number
  readonly version: string
}

/** @returns The text with the part between the marks written anew. */
export function toDocument(
  text: string,
  { models, asExpected, version }: Counts,
  refusals: readonly Refusal[],
  others: { readonly refused: readonly Exception[]; readonly answered: readonly Exception[] },
): string {
  const byReason = new Map<string, string[]>()
  for (const { name, error } of refusals) {
    const reason = error === undefined ? LOCALE : reasonOf(error)
    byReason.set(reason, [...(byReason.get(reason) ?? []), name])
  }
  const groups = Array.from(byReason, ([reason, names]) => ({ reason, names }))
  const head = `Of ${models} models of ${version}, ${asExpected} answer as ONNX expects.`
  const parts = [
    head,
    toTable('not served, because of', [...groups, ...others.refused]),
    toTable('served, but answered differently from ONNX', others.answered),
  ]
  const [before = '', rest = ''] = text.split(BEGIN)
  return `${before}${BEGIN}\n\n${parts.join('\n\n')}\n\n${END}${rest.split(END)[1] ?? ''}`
}

/** Texts that no group has are told as they are, so that a new one is seen. */
function reasonOf(error: string): string {
  return GROUPS.find(([, pattern]) => pattern.test(error))?.[0] ?? error
}

function toTable(title: string, groups: readonly Exception[]): string {
  const rows = groups
    .toSorted((a, b) => b.names.length - a.names.length || a.reason.localeCompare(b.reason))
    .map(({ reason, names }) => `| ${reason} | ${names.length} | ${toList(names)} |`)
  return [`| ${title} | models | which |`, '| --- | --- | --- |', ...rows].join('\n')
}

function toList(names: readonly string[]): string {
  const list = names.map((name) => name.replace(/^test_/, '')).toSorted()
  return list.length <= 2 ? list.join(', ') : `<details><summary>names</summary>${list.join(', ')}</details>`
}
